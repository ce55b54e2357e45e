import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/core/base/clock.js';
import { memoryFileSystem } from '../../../../src/core/engine/prompt-cache/state-files.js';
import { type RecurrentArchitecture, recurrentModel } from '../../../support/gguf/recurrent-model.js';
import { EngineHarness } from '../llama/engine-harness.js';
import { freshAnswer } from './fresh-answer.js';

const hasMemory = memoryFileSystem() !== null;

/** Time stands still: saving and prefilling cost the same, so that every state is worth saving. */
const frozen = { ...systemClock, now: () => 0 };

const architectures: readonly RecurrentArchitecture[] = ['mamba', 'lfm2'];

describe.each(architectures)(
  'the prompt cache of a %s model, which cannot forget the end of a text',
  (architecture) => {
    let harness: EngineHarness;
    let without: EngineHarness;
    beforeAll(async () => {
      const path = await recurrentModel(architecture);
      const options = { slots: 2, promptCache: hasMemory ? 2 ** 24 : 0, prefillChunk: 32 };
      harness = await EngineHarness.load(path, options, frozen);
      without = await EngineHarness.load(path, { slots: 1, promptCache: 0 }, frozen);
    });
    afterAll(async () => {
      await harness.stop();
      await without.stop();
    });

    it('would be noticed if it used the wrong state', async () => {
      const end = without.prompt(4, 3);
      const answers: string[] = [];
      for (const seed of [1, 2, 3, 4]) {
        const prompt = [...without.prompt(40, seed), ...end];
        answers.push((await freshAnswer(without, { prompt, maxTokens: 8 }, [])).join(' '));
      }
      expect(new Set(answers).size).toBe(4);
    });

    it('goes on where a conversation stopped, and from the end of its prompt if the answer has changed', async () => {
      const prompt = harness.prompt(100, 1);
      const first = await harness.runOne({ prompt, maxTokens: 20 });
      const next = { prompt: [...prompt, ...first.tokens, 40, 41], maxTokens: 8 };
      const second = await harness.runOne(next);
      expect(second.started?.cachedTokens).toBe(119);
      expect(second.tokens).toEqual(await freshAnswer(without, next, second.tokens));
      const changed = { prompt: [...prompt, 50, 51, 52], maxTokens: 8 };
      const third = await harness.runOne(changed);
      expect(third.started?.cachedTokens).toBe(100);
      expect(third.tokens).toEqual(await freshAnswer(without, changed, third.tokens));
    });

    it('reads a prompt again that goes back to a point in between', async () => {
      const prompt = harness.prompt(100, 5);
      await harness.runOne({ prompt, maxTokens: 4 });
      const other = { prompt: [...prompt.slice(0, 60), ...harness.prompt(20, 6)], maxTokens: 8 };
      const { started, tokens } = await harness.runOne(other);
      expect(started?.cachedTokens).toBe(0);
      expect(tokens).toEqual(await freshAnswer(without, other, tokens));
    });

    it.skipIf(!hasMemory)('brings a conversation back that has left its slot (needs /dev/shm)', async () => {
      const prompt = harness.prompt(100, 7);
      const first = await harness.runOne({ prompt, maxTokens: 20 });
      await harness.run(...[8, 9, 10].map((seed) => harness.spec({ prompt: harness.prompt(100, seed), maxTokens: 2 })));
      const next = { prompt: [...prompt, ...first.tokens, 40, 41], maxTokens: 8 };
      const second = await harness.runOne(next);
      expect(second.started?.cachedTokens).toBe(119);
      expect(second.tokens).toEqual(await freshAnswer(without, next, second.tokens));
    });

    it('gives the same answers as without it, whatever the conversations', { timeout: 60_000 }, async () => {
      const turn = fc.record({
        conversation: fc.nat(3),
        words: fc.integer({ min: 1, max: 40 }),
        seed: fc.nat(1000),
        /** What the next turn goes on with: the answer, another one, or an earlier point of the prompt. */
        goesOn: fc.constantFrom('answer', 'answer', 'changed', 'earlier'),
      });
      const rounds = fc.array(fc.array(turn, { minLength: 1, maxLength: 2 }), { minLength: 3, maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(rounds, async (together) => {
          const conversations = [10, 10, 12, 13].map((seed) => harness.prompt(48, seed));
          for (const turns of together) {
            const specs = turns.map(({ conversation, words, seed }) => {
              const prompt = [...(conversations[conversation] ?? []), ...harness.prompt(words, seed)].slice(0, 500);
              return { prompt, maxTokens: 6 };
            });
            const outcomes = await harness.run(...specs.map((spec) => harness.spec(spec)));
            for (const [place, spec] of specs.entries()) {
              const { tokens } = outcomes[place] ?? { tokens: [] };
              expect(tokens).toEqual(await freshAnswer(without, spec, tokens));
              const { conversation = 0, goesOn = 'answer' } = turns[place] ?? {};
              const { prompt } = spec;
              const continued = {
                answer: [...prompt, ...tokens],
                changed: [...prompt, 60, 61],
                earlier: prompt.slice(0, -9),
              };
              conversations[conversation] = continued[goesOn];
            }
          }
        }),
        { numRuns: 15 },
      );
      const activity = harness.rounds.findLast(({ promptCache }) => promptCache !== undefined)?.promptCache;
      expect(activity?.hits.slot).toBeGreaterThan(0);
      if (hasMemory) expect(activity?.hits.memory).toBeGreaterThan(0);
    });
  },
);
