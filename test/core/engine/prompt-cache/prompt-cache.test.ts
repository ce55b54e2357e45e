import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/core/base/clock.js';
import { memoryFileSystem } from '../../../../src/core/engine/prompt-cache/state-files.js';
import type { PromptCacheActivity } from '../../../../src/core/engine/prompt-cache-activity.js';
import { EngineHarness } from '../llama/engine-harness.js';
import { freshAnswer } from './fresh-answer.js';

const hasMemory = memoryFileSystem() !== null;

/** Time stands still: saving and prefilling cost the same, so that every state is worth saving. */
const frozen = { ...systemClock, now: () => 0 };

let harness: EngineHarness;
let without: EngineHarness;
beforeAll(async () => {
  // One slot, so that each conversation pushes the others out.
  harness = await EngineHarness.start({ slots: 1, promptCache: hasMemory ? 2 ** 24 : 0 }, { type: 'f16' }, frozen);
  without = await EngineHarness.start({ slots: 1, promptCache: 0 }, { type: 'f16' }, frozen);
});
afterAll(async () => {
  await harness.stop();
  await without.stop();
});

function activity({ rounds }: EngineHarness): PromptCacheActivity | undefined {
  return rounds.findLast(({ promptCache }) => promptCache !== undefined)?.promptCache;
}

describe.skipIf(!hasMemory)('the prompt cache (needs a file system in memory, /dev/shm)', () => {
  it('brings a conversation back that has left its slot', async () => {
    const prompt = harness.prompt(100, 1);
    const first = await harness.runOne({ prompt, maxTokens: 20 });
    await harness.runOne({ prompt: harness.prompt(100, 2), maxTokens: 2 });
    const next = [...prompt, ...first.tokens, 40, 41, 42];
    const second = await harness.runOne({ prompt: next, maxTokens: 8 });
    // The last token was drawn, but never evaluated.
    expect(second.started?.cachedTokens).toBe(119);
    expect(second.tokens).toEqual((await without.runOne({ prompt: next, maxTokens: 8 })).tokens);
    expect(activity(harness)).toMatchObject({ hits: { memory: 1 }, evictions: 0 });
  });

  it('uses the beginning of a conversation for another one that begins in the same way', async () => {
    const common = harness.prompt(64, 3);
    await harness.runOne({ prompt: [...common, ...harness.prompt(40, 4)], maxTokens: 2 });
    await harness.runOne({ prompt: harness.prompt(100, 5), maxTokens: 2 });
    const other = await harness.runOne({ prompt: [...common, ...harness.prompt(40, 6)], maxTokens: 2 });
    expect(other.started?.cachedTokens).toBe(64);
  });

  it('gives the same answers as without it, whatever the conversations', { timeout: 60_000 }, async () => {
    const turn = fc.record({ conversation: fc.nat(3), words: fc.integer({ min: 1, max: 40 }), seed: fc.nat(1000) });
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 3, maxLength: 12 }), async (turns) => {
        const conversations = [10, 11, 12, 13].map((seed) => harness.prompt(48, seed));
        for (const { conversation, words, seed } of turns) {
          const prompt = [...(conversations[conversation] ?? []), ...harness.prompt(words, seed)].slice(0, 500);
          const spec = { prompt, maxTokens: 6 };
          const cached = await harness.runOne(spec);
          expect(cached.tokens).toEqual(await freshAnswer(without, spec, cached.tokens));
          conversations[conversation] = [...prompt, ...cached.tokens];
        }
      }),
      { numRuns: 15 },
    );
  });

  it('gives the same answers as without it to conversations that share several slots and too little memory', async () => {
    // Eight of these conversations fit.
    const several = await EngineHarness.start({ slots: 3, promptCache: 2 ** 20 }, { type: 'f16' }, frozen);
    const conversations = Array.from({ length: 12 }, (_, seed) => several.prompt(380, 40 + seed));
    for (const turn of Array(8).keys()) {
      // Two of four that come again, and one that is new.
      const chosen = [turn % 4, (turn + 1) % 4, 4 + turn];
      const specs = chosen.map((index) => ({
        prompt: [...(conversations[index] ?? []), ...several.prompt(20, 100 + turn)].slice(0, 500),
        maxTokens: 6,
      }));
      const outcomes = await several.run(...specs.map((spec) => several.spec(spec)));
      for (const [place, spec] of specs.entries()) {
        const cached = outcomes[place]?.tokens ?? [];
        expect(cached).toEqual(await freshAnswer(without, spec, cached));
        conversations[chosen[place] ?? 0] = [...spec.prompt, ...cached];
      }
    }
    const kept = activity(several);
    await several.stop();
    expect(kept?.evictions).toBeGreaterThan(0);
    expect(kept?.hits.memory).toBeGreaterThan(0);
  });

  it('keeps within its limit', async () => {
    const { bytes = 0 } = activity(harness) ?? {};
    const small = await EngineHarness.start({ slots: 1, promptCache: 2 ** 20 }, { type: 'f16' }, frozen);
    for (const seed of Array(20).keys()) await small.runOne({ prompt: small.prompt(400, 20 + seed), maxTokens: 2 });
    const kept = activity(small);
    await small.stop();
    expect(bytes).toBeLessThanOrEqual(2 ** 24);
    expect(kept?.bytes).toBeLessThanOrEqual(2 ** 20);
    expect(kept?.evictions).toBeGreaterThan(0);
  });
});

/**
 * An engine for which each batch takes 10 ms, so that what is copied does not depend on how busy the machine is.
 *
 * @param moreMs how much longer so many batches have taken, in milliseconds
 */
async function startTimed(slots: number, moreMs: (batches: number) => number): Promise<EngineHarness> {
  const batches = (): number => started?.batches.length ?? 0;
  const clock = { ...systemClock, now: () => batches() * 10 + moreMs(batches()) };
  let started: EngineHarness | null = null;
  started = await EngineHarness.start({ slots, promptCache: 0, prefillChunk: 128 }, { type: 'f16' }, clock);
  return started;
}

describe('a beginning that several prompts share', () => {
  it.each([90, 200])('is prefilled once, and copied to the other slots (%d tokens)', async (length) => {
    const several = await startTimed(4, () => 0);
    const common = several.prompt(length, 7);
    const specs = [0, 1, 2, 3].map((seed) =>
      several.spec({ prompt: [...common, ...several.prompt(20, 30 + seed)], maxTokens: 8 }),
    );
    const outcomes = await several.run(...specs);
    const alone = await without.run(...specs.slice(3));
    await several.stop();
    expect(outcomes.map(({ started }) => started?.cachedTokens)).toEqual([0, length, length, length]);
    expect(outcomes[3]?.tokens).toEqual(alone[0]?.tokens);
  });

  it('is not copied any more once that has taken longer than its prefill', async () => {
    let slowBatch = Infinity;
    const several = await startTimed(2, (batches) => (batches > slowBatch ? 10_000 : 0));
    /** @returns how many tokens of the second of two prompts were copied from the first */
    const copied = async (seed: number): Promise<number | undefined> => {
      const common = several.prompt(100, seed);
      const prompts = [1, 2].map((rest) => [...common, ...several.prompt(20, seed + rest)]);
      const outcomes = await several.run(...prompts.map((prompt) => several.spec({ prompt, maxTokens: 8 })));
      return outcomes[1]?.started?.cachedTokens;
    };
    expect(await copied(10)).toBe(100);
    // The first prompt is read in one batch, and the second one is copied in the next.
    slowBatch = several.batches.length + 1;
    expect(await copied(20)).toBe(100);
    expect(await copied(30)).toBe(0);
    await several.stop();
  });
});
