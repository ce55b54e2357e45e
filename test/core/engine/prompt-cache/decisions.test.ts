import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../../src/core/base/clock.js';
import { PromptCache, type PromptCacheOptions } from '../../../../src/core/engine/prompt-cache/prompt-cache.js';
import type { Rewinding } from '../../../../src/core/engine/prompt-cache/rewinding.js';
import { memoryFileSystem } from '../../../../src/core/engine/prompt-cache/state-files.js';
import { FakeSlot, type FakeTime } from './fake-slot.js';

const sequence = (length: number, from: number): number[] => Array.from({ length }, (_, index) => from + index);
const conversation = sequence(200, 1000);
const another = sequence(200, 5000);

interface Stage {
  readonly time: FakeTime;
  readonly cache: PromptCache<FakeSlot>;
  readonly warnings: string[];
}

/** @param roundMs what a round with a full chunk of 100 tokens takes; a token takes a hundredth of it */
function stage(
  rewinding: Rewinding = { type: 'anywhere' },
  changes: Partial<PromptCacheOptions> = {},
  roundMs = 100,
): Stage {
  const time: FakeTime = { nowMs: 0, saveMs: 1, loadMs: 1, loadFails: false, copyFails: false };
  const clock: Clock = { ...systemClock, now: () => time.nowMs };
  const warnings: string[] = [];
  const cache = new PromptCache<FakeSlot>({
    memory: { folder: '/dev/shm', limitBytes: 1e6, limitEntries: 100 },
    rewinding,
    bytesPerToken: 10,
    slotBytes: 5000,
    prefillChunk: 100,
    clock,
    warn: (message) => warnings.push(message),
    ...changes,
  });
  cache.observe(100, 0, roundMs);
  return { time, cache, warnings };
}

describe.skipIf(memoryFileSystem() === null)('what the prompt cache moves (needs a file system in memory)', () => {
  it('is what a slot held, and later what a prompt begins with', async () => {
    const { time, cache } = stage();
    const slot = new FakeSlot(time, conversation);
    expect(await cache.warm(slot, another, [], false)).toEqual({ cached: 0, moved: 'state' });
    expect(await cache.warm(slot, [...conversation, 7], [], false)).toEqual({ cached: 200, moved: 'state' });
  });

  it('is not saved twice', async () => {
    const { time, cache } = stage();
    const slot = new FakeSlot(time, conversation);
    await cache.warm(slot, another, [], false);
    await cache.warm(slot, [...conversation, 7], [], false);
    await cache.warm(slot, another, [], false);
    expect(slot.saved).toBe(1);
  });

  it('is nothing if a slot goes on with what it holds', async () => {
    const { time, cache } = stage();
    const slot = new FakeSlot(time, conversation);
    expect(await cache.warm(slot, [...conversation, 7], [], false)).toEqual({ cached: 200, moved: null });
  });

  it('is not saved if that has turned out to take longer than a quarter of the prefill', async () => {
    const { time, cache } = stage();
    time.saveMs = 60;
    const slot = new FakeSlot(time, conversation);
    await cache.warm(slot, another, [], true);
    slot.tokens = sequence(200, 9000);
    await cache.warm(slot, another, [], true);
    expect(slot.saved).toBe(1);
  });

  it('is saved although a small state before it took long for its size', async () => {
    const { time, cache } = stage(undefined, {}, 10);
    time.saveMs = 2;
    const slot = new FakeSlot(time, sequence(40, 9000));
    await cache.warm(slot, another, [], true);
    slot.tokens = conversation;
    // Its prefill takes 20 ms. In proportion to the first one, saving it would take 10.
    await cache.warm(slot, another, [], true);
    expect(slot.saved).toBe(2);
    expect(await cache.warm(slot, [...conversation, 7], [], true)).toMatchObject({ cached: 200 });
  });

  it('is not restored if the rest of the prompt takes as long to read', async () => {
    const { time, cache } = stage();
    // Most of a round is a fixed cost: 20 tokens take 91 ms, and with 60 more 94 ms.
    for (const tokens of [40, 100, 40, 100, 40, 100]) cache.observe(tokens, 0, 90 + tokens / 20);
    time.loadMs = 30;
    const slot = new FakeSlot(time, conversation.slice(0, 60));
    await cache.warm(slot, another, [], true);
    await cache.warm(slot, [...conversation.slice(0, 60), ...sequence(20, 9000)], [], true);
    slot.tokens = another;
    await cache.warm(slot, [...conversation.slice(0, 60), ...sequence(20, 9000)], [], true);
    expect(slot.loaded).toBe(1);
    expect(slot.tokens).toEqual([]);
  });

  it('is not restored if that has turned out to take longer than the prefill', async () => {
    const { time, cache } = stage();
    time.loadMs = 300;
    const slot = new FakeSlot(time, conversation);
    await cache.warm(slot, another, [], true);
    await cache.warm(slot, [...conversation, 7], [], true);
    await cache.warm(slot, another, [], true);
    expect(slot.loaded).toBe(1);
    expect(await cache.warm(slot, [...conversation, 7], [], true)).toMatchObject({ cached: 0 });
    expect(slot.loaded).toBe(1);
  });

  it('must not make others wait for longer than a round with a full chunk', async () => {
    const { time, cache } = stage();
    time.loadMs = 150;
    const slot = new FakeSlot(time, conversation);
    await cache.warm(slot, another, [], false);
    await cache.warm(slot, [...conversation, 7], [], false);
    await cache.warm(slot, another, [], false);
    expect(await cache.warm(slot, [...conversation, 7], [], false)).toMatchObject({ cached: 0 });
    await cache.warm(slot, another, [], true);
    expect(await cache.warm(slot, [...conversation, 7], [], true)).toMatchObject({ cached: 200 });
  });

  it('does not make others wait for long after each quiet minute either, but is tried again at last', async () => {
    const { time, cache } = stage();
    time.saveMs = 300;
    const slot = new FakeSlot(time, conversation);
    /** Makes room for another conversation, beside others. */
    const leave = async (from: number): Promise<void> => {
      slot.tokens = sequence(200, from);
      await cache.warm(slot, another, [], false);
    };
    await leave(9000);
    expect(slot.saved).toBe(1);
    time.nowMs += 61_000;
    await leave(10_000);
    expect(slot.saved).toBe(1);
    time.nowMs += 60_000;
    await leave(11_000);
    expect(slot.saved).toBe(2);
  });

  it('does not make others wait for longer than their target, or than a round of theirs', async () => {
    const { time, cache } = stage(undefined, { targetMs: 20 });
    time.saveMs = 30;
    const slot = new FakeSlot(time, conversation);
    await cache.warm(slot, another, [], false);
    slot.tokens = sequence(200, 9000);
    cache.observe(4, 3, 15);
    await cache.warm(slot, another, [], false);
    expect(slot.saved).toBe(1);
    for (let round = 0; round < 10; round += 1) cache.observe(1, 3, 40);
    slot.tokens = sequence(200, 9000);
    await cache.warm(slot, another, [], false);
    expect(slot.saved).toBe(2);
  });

  it('is read again if it cannot be restored, with one warning', async () => {
    const { time, cache, warnings } = stage();
    const slot = new FakeSlot(time, conversation);
    await cache.warm(slot, another, [], false);
    time.loadFails = true;
    expect(await cache.warm(slot, [...conversation, 7], [], false)).toMatchObject({ cached: 0 });
    expect(warnings).toEqual(['A prompt could not be restored and is read again: it is damaged']);
    await cache.warm(slot, [...conversation, 7], [], false);
    expect(slot.loaded).toBe(1);
  });

  it('stays in its slot, with one warning, if the folder cannot be written to', async () => {
    const { time, cache, warnings } = stage(undefined, {
      memory: { folder: '/no such folder', limitBytes: 1e6, limitEntries: 100 },
    });
    const slot = new FakeSlot(time, conversation);
    expect(await cache.warm(slot, another, [], false)).toMatchObject({ cached: 0 });
    slot.tokens = conversation;
    await cache.warm(slot, another, [], false);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('could not be kept in the prompt cache');
  });
});

describe('a beginning in another slot', () => {
  it('is copied, even without memory for conversations', async () => {
    const { time, cache } = stage(undefined, { memory: null });
    const slot = new FakeSlot(time);
    const other = new FakeSlot(time, conversation);
    expect(await cache.warm(slot, [...conversation.slice(0, 150), 7, 8], [other], false)).toEqual({
      cached: 150,
      moved: 'copy',
    });
    expect(slot.copied).toBe(1);
  });

  it('is read again if it could not be copied as a whole', async () => {
    const { time, cache } = stage(undefined, { memory: null });
    time.copyFails = true;
    const slot = new FakeSlot(time);
    const warmth = await cache.warm(slot, [...conversation, 7], [new FakeSlot(time, conversation)], false);
    expect(warmth.cached).toBe(0);
    expect(slot.tokens).toEqual([]);
  });

  it('is not copied if that takes longer than its prefill', async () => {
    const { time, cache } = stage(undefined, { memory: null, slotBytes: 1e9 });
    const slot = new FakeSlot(time);
    await cache.warm(slot, [...conversation, 7], [new FakeSlot(time, conversation)], false);
    expect(slot.copied).toBe(0);
  });

  it('is not copied if that has turned out to take longer than its prefill, but is tried again after a minute', async () => {
    const { time, cache } = stage(undefined, { memory: null });
    const other = new FakeSlot(time, conversation);
    /** Copies, unless that seems too expensive. @returns the slot that was to be warmed */
    const warmed = async (): Promise<FakeSlot> => {
      const slot = new FakeSlot(time);
      await cache.warm(slot, [...conversation, 7], [other], true);
      return slot;
    };
    expect((await warmed()).copied).toBe(1);
    // The round would have taken 100 ms, and the prefill takes 200.
    cache.observeCopy(100, 0, 350);
    expect((await warmed()).copied).toBe(0);
    time.nowMs += 61_000;
    cache.observe(100, 0, 100);
    expect((await warmed()).copied).toBe(1);
    cache.observeCopy(100, 0, 250);
    expect((await warmed()).copied).toBe(1);
  });

  it('must not make others wait for longer than a round with a full chunk', async () => {
    const { time, cache } = stage(undefined, { memory: null });
    const other = new FakeSlot(time, conversation);
    await cache.warm(new FakeSlot(time), [...conversation, 7], [other], false);
    cache.observeCopy(100, 3, 250);
    const slot = new FakeSlot(time);
    await cache.warm(slot, [...conversation, 7], [other], false);
    expect(slot.copied).toBe(0);
    await cache.warm(slot, [...conversation, 7], [other], true);
    expect(slot.copied).toBe(1);
  });

  it('is still copied after a round that was slow because others decoded in it', async () => {
    const { time, cache } = stage(undefined, { memory: null });
    const other = new FakeSlot(time, conversation);
    cache.observe(0, 8, 400);
    await cache.warm(new FakeSlot(time), [...conversation, 7], [other], true);
    cache.observeCopy(1, 8, 410);
    const slot = new FakeSlot(time);
    await cache.warm(slot, [...conversation, 7], [other], true);
    expect(slot.copied).toBe(1);
  });

  it('is not copied from a window that has lost what comes before', async () => {
    const { time, cache } = stage({ type: 'window', tokens: 50 }, { memory: null });
    const slot = new FakeSlot(time);
    const other = new FakeSlot(time, conversation);
    other.firstCell = 140;
    await cache.warm(slot, [...conversation.slice(0, 150), 7, 8], [other], false);
    expect(slot.copied).toBe(0);
    other.firstCell = 100;
    await cache.warm(slot, [...conversation.slice(0, 150), 7, 8], [other], false);
    expect(slot.copied).toBe(1);
  });

  it('is not copied from a recurrent state that has gone on', async () => {
    const { time, cache } = stage({ type: 'checkpoints' }, { memory: null });
    const slot = new FakeSlot(time);
    const other = new FakeSlot(time, conversation);
    await cache.warm(slot, [...conversation.slice(0, 150), 7], [other], false);
    expect(slot.copied).toBe(0);
    await cache.warm(slot, [...conversation, 7], [other], false);
    expect(slot.copied).toBe(1);
  });
});

describe('the activity of the prompt cache', () => {
  it('is told once, and counts what began with something and what did not', async () => {
    const { time, cache } = stage(undefined, { memory: null });
    const slot = new FakeSlot(time);
    expect(cache.takeActivity()).toBeUndefined();
    await cache.warm(slot, conversation, [], true);
    slot.tokens = conversation;
    await cache.warm(slot, [...conversation, 7], [], true);
    expect(cache.takeActivity()).toMatchObject({ hits: { slot: 1, memory: 0, copy: 0 }, misses: 1, tokens: 200 });
    expect(cache.takeActivity()).toBeUndefined();
  });
});
