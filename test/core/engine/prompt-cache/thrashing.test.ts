import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../../src/core/base/clock.js';
import { PromptCache } from '../../../../src/core/engine/prompt-cache/prompt-cache.js';
import { memoryFileSystem } from '../../../../src/core/engine/prompt-cache/state-files.js';
import { FakeSlot, type FakeTime } from './fake-slot.js';

const tokensEach = 200;

interface Outcome {
  /** Time for prefill and the cache, divided by that for the prefill of everything. */
  readonly relativeTime: number;
  readonly evictions: number;
}

/**
 * Conversations that come again in turn, on one slot, under a cache that holds 32 of them. A token takes 1 ms to read.
 *
 * @param saveMs what saving a conversation takes; restoring one takes a millisecond
 */
async function inTurn(conversations: number, saveMs: number, turns = 1000): Promise<Outcome> {
  const time: FakeTime = { nowMs: 0, saveMs, loadMs: 1, loadFails: false, copyFails: false };
  const clock: Clock = { ...systemClock, now: () => time.nowMs };
  const cache = new PromptCache<FakeSlot>({
    memory: { folder: '/dev/shm', limitBytes: 32 * tokensEach * 10, limitEntries: 1000 },
    rewinding: { type: 'anywhere' },
    bytesPerToken: 10,
    slotBytes: 1e6,
    prefillChunk: 100,
    clock,
    warn: (message) => expect.unreachable(message),
  });
  cache.observe(100, 0, 100);
  const slot = new FakeSlot(time);
  for (let turn = 0; turn < turns; turn += 1) {
    const from = (turn % conversations) * 1000;
    const prompt = Array.from({ length: tokensEach + 1 }, (_, index) => from + index);
    const { cached } = await cache.warm(slot, prompt, [], true);
    const rest = prompt.length - (cached ?? 0);
    time.nowMs += rest;
    if (rest > 100) cache.observe(100, 0, 100);
    slot.tokens = prompt.slice(0, tokensEach);
  }
  const { evictions = 0 } = cache.takeActivity() ?? {};
  cache.clear();
  return { relativeTime: time.nowMs / (turns * (tokensEach + 1)), evictions };
}

describe.skipIf(memoryFileSystem() === null)('more conversations than the cache holds (needs /dev/shm)', () => {
  it.each([1, 10, 30, 45])('take no longer than without a cache, where saving one takes %d ms', async (saveMs) => {
    const { relativeTime, evictions } = await inTurn(64, saveMs);
    expect(evictions).toBeGreaterThan(0);
    expect(relativeTime).toBeLessThan(1.01);
  });

  it.each([1, 10, 30, 45])('are kept where they fit, and saving one takes %d ms', async (saveMs) => {
    const { relativeTime } = await inTurn(31, saveMs);
    expect(relativeTime).toBeLessThan(0.06);
  });
});
