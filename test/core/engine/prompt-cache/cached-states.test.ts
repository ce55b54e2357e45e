import { describe, expect, it } from 'vitest';
import { type CachedState, CachedStates } from '../../../../src/core/engine/prompt-cache/cached-states.js';

/** A state, and whether its memory was freed. */
function stateOf(tokens: readonly number[], bytes = 10): CachedState & { readonly closed: () => boolean } {
  let closed = false;
  const storage = { path: '', close: () => void (closed = true) };
  return { tokens, bytes, firstCell: 0, storage, closed: () => closed };
}

function cacheOf(limitBytes: number, ...states: readonly CachedState[]): CachedStates {
  const cache = new CachedStates(limitBytes, 4);
  for (const state of states) cache.add(state);
  return cache;
}

describe('CachedStates', () => {
  it('evicts the least recently used to make room, and frees their memory', () => {
    const [a, b, c] = [stateOf([1]), stateOf([2]), stateOf([3])];
    const cache = cacheOf(30, a, b, c);
    cache.touch(a);
    expect(cache.makeRoom(15)).toBe(true);
    expect([a.closed(), b.closed(), c.closed()]).toEqual([false, true, true]);
    expect(cache).toMatchObject({ bytes: 10, size: 1, evictions: 2 });
    expect(cache.find([2])).toBeNull();
    expect(cache.find([1])?.state).toBe(a);
  });

  it('evicts nothing for what cannot fit', () => {
    const a = stateOf([1]);
    expect(cacheOf(30, a).makeRoom(31)).toBe(false);
    expect(cacheOf(30, a).makeRoom(21, a)).toBe(false);
    expect(a.closed()).toBe(false);
  });

  it('spares the state that is about to be used', () => {
    const [a, b] = [stateOf([1]), stateOf([2])];
    expect(cacheOf(20, a, b).makeRoom(10, a)).toBe(true);
    expect([a.closed(), b.closed()]).toEqual([false, true]);
  });

  it('replaces the state of the same tokens', () => {
    const [old, fresh] = [stateOf([1, 2]), stateOf([1, 2], 15)];
    const cache = cacheOf(100, old, fresh);
    expect(old.closed()).toBe(true);
    expect(cache).toMatchObject({ bytes: 15, size: 1 });
    expect(cache.find([1, 2, 3])).toEqual({ state: fresh, shared: 2 });
  });

  it('drops beginnings that a longer state makes superfluous, unless they are much shorter', () => {
    const [system, turn, next] = [stateOf([1]), stateOf([1, 2]), stateOf([1, 2, 3])];
    const cache = cacheOf(100, system, turn, next);
    cache.supersede(next);
    expect([system.closed(), turn.closed(), next.closed()]).toEqual([false, true, false]);
  });

  it('keeps no more states than it may', () => {
    const states = [1, 2, 3, 4].map((token) => stateOf([token]));
    const cache = cacheOf(1000, ...states);
    expect(cache.makeRoom(1)).toBe(true);
    expect(states.map(({ closed }) => closed())).toEqual([true, false, false, false]);
  });

  it('finds the longest state that a prompt begins with as a whole', () => {
    const [short, long] = [stateOf([1, 2]), stateOf([1, 2, 3, 9])];
    const cache = cacheOf(100, short, long);
    expect(cache.find([1, 2, 3, 4])?.state).toBe(long);
    expect(cache.findWhole([1, 2, 3, 4])).toEqual({ state: short, shared: 2 });
    expect(cache.findWhole([2])).toBeNull();
  });

  it('frees everything', () => {
    const a = stateOf([1]);
    const cache = cacheOf(100, a);
    cache.clear();
    expect(a.closed()).toBe(true);
    expect(cache).toMatchObject({ bytes: 0, size: 0, evictions: 0 });
  });
});
