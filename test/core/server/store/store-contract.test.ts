import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openFileStorage } from '../../../../src/core/server/store/file-storage.js';
import { MemoryStore } from '../../../../src/core/server/store/memory-store.js';
import type { Store, StoreLimits } from '../../../../src/core/server/store/store.js';
import { silentLogger } from '../../../support/silent-logger.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

type MakeStore = (limits: StoreLimits, clock: VirtualClock) => Promise<Store<string>>;

const isString = (value: unknown): value is string => typeof value === 'string';

const inMemory: MakeStore = (limits, clock) => Promise.resolve(new MemoryStore(limits, clock));

const inFile: MakeStore = async (limits, clock) => {
  const folder = await mkdtemp(join(tmpdir(), 'chatstream-store-'));
  const storage = await openFileStorage({
    path: join(folder, 'store.db'),
    ttlMs: limits.ttlMs,
    limits,
    clock,
    wallClock: () => clock.now(),
    logger: silentLogger,
  });
  onTestFinished(async () => {
    await storage.close();
    await rm(folder, { recursive: true });
  });
  return storage.collection('responses', isString);
};

describe.each([
  ['in memory', inMemory],
  ['in a file', inFile],
])('a store %s', (_where, make) => {
  async function store(limits: Partial<StoreLimits> = {}, clock = new VirtualClock()): Promise<Store<string>> {
    return make({ mostValues: 3, mostBytes: 1_000_000, ttlMs: 0, ...limits }, clock);
  }

  const contents = (kept: Store<string>, ids: readonly string[]): Promise<(string | null)[]> =>
    Promise.all(ids.map((id) => kept.get(id)));

  it('returns what it keeps, until that is replaced or deleted', async () => {
    const kept = await store();
    await kept.set('a', 'one');
    expect(await kept.get('a')).toBe('one');
    await kept.set('a', 'two');
    expect(await contents(kept, ['a', 'b'])).toEqual(['two', null]);
    expect([await kept.delete('a'), await kept.delete('a')]).toEqual([true, false]);
    expect(await kept.get('a')).toBeNull();
  });

  it('refuses a value that is too large for all of it, and gives up nothing for it', async () => {
    const kept = await store({ mostBytes: 100_000 });
    await kept.set('a', 'one');
    await kept.set('b', 'two');
    await expect(kept.set('a', 'x'.repeat(1_000_000))).rejects.toMatchObject({ code: 'storage_failed' });
    expect(await contents(kept, ['a', 'b'])).toEqual(['one', 'two']);
  });

  it('does what it is asked in that order, without being waited for', async () => {
    const kept = await store();
    const done = [
      kept.set('a', 'one'),
      kept.get('a'),
      kept.delete('a'),
      kept.get('a'),
      kept.set('a', 'two'),
      kept.get('a'),
    ];
    expect(await Promise.all(done)).toEqual([undefined, 'one', true, null, undefined, 'two']);
  });

  it('keeps any text', async () => {
    const kept = await store();
    const text = 'ünï \u0000 😀 \ud800 "\\ \n';
    await kept.set('a', text);
    expect(await kept.get('a')).toBe(text);
  });

  it('makes room by dropping what was used least recently', async () => {
    const kept = await store();
    for (const id of ['a', 'b', 'c']) await kept.set(id, id);
    await kept.get('a');
    await kept.set('d', 'd');
    expect(await contents(kept, ['a', 'b', 'c', 'd'])).toEqual(['a', null, 'c', 'd']);
    // Replacing is using as well, and takes no further place.
    await kept.set('a', 'A');
    await kept.set('e', 'e');
    expect(await contents(kept, ['a', 'c', 'd', 'e'])).toEqual(['A', null, 'd', 'e']);
  });

  it('stays within its bytes', async () => {
    const kept = await store({ mostValues: 100, mostBytes: 100_000 });
    const ids = Array.from({ length: 30 }, (_, index) => String(index));
    for (const id of ids) await kept.set(id, 'x'.repeat(10_000));
    const left = (await contents(kept, ids)).filter((value) => value !== null).length;
    expect(left).toBeGreaterThanOrEqual(4);
    expect(left).toBeLessThan(10);
    expect(await kept.get('29')).not.toBeNull();
  });

  it('forgets what was not used for too long, and only that', async () => {
    const clock = new VirtualClock();
    const kept = await store({ ttlMs: 1000 }, clock);
    await kept.set('a', 'a');
    await kept.set('b', 'b');
    clock.advance(600);
    expect(await kept.get('a')).toBe('a');
    clock.advance(600);
    expect(await contents(kept, ['a', 'b'])).toEqual(['a', null]);
    clock.advance(1001);
    expect([await kept.get('a'), await kept.delete('a')]).toEqual([null, false]);
  });

  it('keeps to its limits with many values', async () => {
    const kept = await store({ mostValues: 100, mostBytes: 100_000_000 });
    await Promise.all(Array.from({ length: 10_000 }, (_, index) => kept.set(String(index), 'x')));
    expect(await contents(kept, ['9999', '9900', '9899'])).toEqual(['x', 'x', null]);
  });

  it('lists values in the order in which they came', async () => {
    const values = await store({ mostValues: 10 });
    for (const id of ['a', 'b', 'c', 'a']) await values.set(id, `value of ${id}`);
    expect(await values.list(null, 9)).toEqual(['value of a', 'value of b', 'value of c']);
    expect(await values.list(null, 2)).toEqual(['value of a', 'value of b']);
    expect(await values.list('a', 1)).toEqual(['value of b']);
    expect(await values.list('c', 1)).toEqual([]);
    expect(await values.list('d', 1)).toBeNull();
  });

  it('lists a value that was replaced or got where it was before, and one that was deleted where it comes again', async () => {
    const values = await store({ mostValues: 10 });
    for (const id of ['a', 'b', 'c']) await values.set(id, id);
    expect(await values.list(null, 2)).toEqual(['a', 'b']);
    await values.set('b', 'B');
    await values.get('b');
    expect(await values.list('b', 2)).toEqual(['c']);
    expect(await values.list(null, 9)).toEqual(['a', 'B', 'c']);
    await values.delete('a');
    await values.set('a', 'A');
    expect(await values.list(null, 9)).toEqual(['B', 'c', 'A']);
  });

  it('lists nothing that has expired', async () => {
    const clock = new VirtualClock();
    const values = await store({ ttlMs: 1000 }, clock);
    await values.set('a', 'old');
    clock.advance(600);
    await values.set('b', 'young');
    clock.advance(600);
    expect(await values.list(null, 9)).toEqual(['young']);
  });
});
