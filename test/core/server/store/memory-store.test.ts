import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../../src/core/server/store/memory-store.js';
import type { StoreLimits } from '../../../../src/core/server/store/store.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const clock = new VirtualClock();

function store(limits: Partial<StoreLimits> = {}): MemoryStore<string> {
  return new MemoryStore({ mostValues: 3, mostBytes: 1_000_000, ttlMs: 0, ...limits }, clock);
}

/** What every store does is in store-contract.test.ts. */
describe('a store in memory', () => {
  it('counts what it keeps', async () => {
    const kept = store();
    await kept.set('a', 'one');
    await kept.set('a', 'two');
    expect(kept.size).toBe(1);
    await kept.delete('a');
    expect([kept.size, kept.bytes]).toEqual([0, 0]);
  });

  it('stays within its bytes', async () => {
    const kept = store({ mostValues: 100, mostBytes: 100_000 });
    for (let index = 0; index < 100; index++) {
      await kept.set(String(index), 'x'.repeat(10_000));
      expect(kept.bytes).toBeLessThanOrEqual(100_000);
    }
    expect(kept.size).toBe(4);
  });

  it('forgets even if it is not asked again', async () => {
    const kept = store({ ttlMs: 1000 });
    await kept.set('a', 'a');
    clock.advance(500);
    await kept.set('b', 'b');
    expect(kept.size).toBe(2);
    clock.advance(2000);
    expect([kept.size, kept.bytes]).toEqual([0, 0]);
  });

  it('keeps to its limits with very many values', async () => {
    const kept = store({ mostValues: 1000, mostBytes: 100_000_000 });
    for (let index = 0; index < 1_000_000; index++) await kept.set(String(index), 'x');
    expect([kept.size, await kept.get('999999'), await kept.get('998999')]).toEqual([1000, 'x', null]);
  });
});
