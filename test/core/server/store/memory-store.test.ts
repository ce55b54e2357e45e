import { describe, expect, it } from 'vitest';
import { MemoryStore, type StoreLimits } from '../../../../src/core/server/store/memory-store.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const clock = new VirtualClock();

function store(limits: Partial<StoreLimits> = {}): MemoryStore<string> {
  return new MemoryStore({ mostValues: 3, mostBytes: 1_000_000, ttlMs: 0, ...limits }, clock);
}

describe('a store in memory', () => {
  it('returns what it keeps, until that is replaced or deleted', () => {
    const kept = store();
    kept.set('a', 'one');
    expect(kept.get('a')).toBe('one');
    kept.set('a', 'two');
    expect([kept.get('a'), kept.get('b'), kept.size]).toEqual(['two', null, 1]);
    expect([kept.delete('a'), kept.delete('a')]).toEqual([true, false]);
    expect([kept.get('a'), kept.size, kept.bytes]).toEqual([null, 0, 0]);
  });

  it('makes room by dropping what was used least recently', () => {
    const kept = store();
    for (const id of ['a', 'b', 'c']) kept.set(id, id);
    kept.get('a');
    kept.set('d', 'd');
    expect(['a', 'b', 'c', 'd'].map((id) => kept.get(id))).toEqual(['a', null, 'c', 'd']);
  });

  it('stays within its bytes', () => {
    const kept = store({ mostValues: 100, mostBytes: 100_000 });
    for (let index = 0; index < 100; index++) {
      kept.set(String(index), 'x'.repeat(10_000));
      expect(kept.bytes).toBeLessThanOrEqual(100_000);
    }
    expect(kept.size).toBe(4);
  });

  it('does not give up others for a value that is too large for it', () => {
    const kept = store({ mostBytes: 100_000 });
    kept.set('a', 'one');
    kept.set('b', 'two');
    kept.set('a', 'x'.repeat(1_000_000));
    expect(['a', 'b'].map((id) => kept.get(id))).toEqual([null, 'two']);
  });

  it('forgets what was not used for too long, and only that', () => {
    const kept = store({ ttlMs: 1000 });
    kept.set('a', 'a');
    kept.set('b', 'b');
    clock.advance(600);
    expect(kept.get('a')).toBe('a');
    clock.advance(600);
    expect([kept.get('a'), kept.get('b')]).toEqual(['a', null]);
    clock.advance(1000);
    expect(kept.get('a')).toBeNull();
  });

  it('forgets even if it is not asked again', () => {
    const kept = store({ ttlMs: 1000 });
    kept.set('a', 'a');
    clock.advance(500);
    kept.set('b', 'b');
    expect(kept.size).toBe(2);
    clock.advance(2000);
    expect([kept.size, kept.bytes]).toEqual([0, 0]);
  });

  it('keeps to its limits with very many values', () => {
    const kept = store({ mostValues: 1000, mostBytes: 100_000_000 });
    for (let index = 0; index < 1_000_000; index++) kept.set(String(index), 'x');
    expect([kept.size, kept.get('999999'), kept.get('998999')]).toEqual([1000, 'x', null]);
  });
});
