import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Token } from '../../../../src/core/engine/engine.js';
import type { Sampling } from '../../../../src/core/engine/sampling.js';
import { greedy } from '../../../support/sampling.js';
import { EngineHarness } from './engine-harness.js';

let harness: EngineHarness;
beforeAll(async () => {
  harness = await EngineHarness.start({ slots: 4 });
});
afterAll(async () => {
  await harness.stop();
});

async function drawn(sampling: Sampling, resumeAfter: readonly Token[] = []): Promise<readonly Token[]> {
  const prompt = harness.prompt(20, sampling.seed);
  return (await harness.runOne({ prompt, sampling, resumeAfter, maxTokens: 50 })).tokens;
}

describe('presence and frequency penalties', () => {
  const warm: Sampling = { ...greedy, temperature: 1.3, topK: 40, topP: 0.95, minP: 0.02 };
  /** Adds nothing, but leaves the penalties to llama.cpp. */
  const ofLlama = { logitBias: { '0': 0 } };

  it.each([
    { presencePenalty: 1.1 },
    { frequencyPenalty: 0.7 },
    { presencePenalty: -0.3, frequencyPenalty: 0.13 },
    { presencePenalty: 0.3, penaltyTokens: 7 },
    { frequencyPenalty: 0.9, temperature: 0 },
  ])('draw what llama.cpp draws with them: %j', async (penalties) => {
    for (const seed of [1, 2]) {
      const sampling = { ...warm, ...penalties, seed };
      const tokens = await drawn(sampling);
      expect(tokens).toEqual(await drawn({ ...sampling, ...ofLlama }));
      expect(tokens).not.toEqual(await drawn({ ...sampling, presencePenalty: 0, frequencyPenalty: 0 }));
      expect(await drawn(sampling, [70, 71, 70])).toEqual(await drawn({ ...sampling, ...ofLlama }, [70, 71, 70]));
    }
  });
});

describe('greedy sampling', () => {
  /** Drops no candidates, but leaves the choice to llama.cpp's greedy sampler. */
  const ofLlama = { xtc: { probability: 1e-9, threshold: 0.5 } };

  it('draws what the greedy sampler of llama.cpp draws', async () => {
    for (const seed of [1, 2]) {
      const tokens = await drawn({ ...greedy, seed });
      expect(tokens).toEqual(await drawn({ ...greedy, ...ofLlama, seed }));
    }
  });

  it('draws the first of several likeliest tokens', async () => {
    // Added to so much, logits are all the same.
    const sampling = { ...greedy, logitBias: { '71': 1e10, '70': 1e10, '72': 1e10 } };
    expect(new Set(await drawn(sampling))).toEqual(new Set([70]));
    expect(new Set(await drawn({ ...sampling, ...ofLlama }))).toEqual(new Set([70]));
  });
});

describe('the temperature', () => {
  const all: Sampling = { ...greedy, topK: 0, topP: 1, minP: 0, seed: 3 };

  it.each([1e-7, 1e-37, 1e-38, 1e-42, 1e-45, 1e-300])('of %d draws the likeliest token', async (temperature) => {
    const likeliest = await drawn({ ...greedy, seed: 3 });
    expect(await drawn({ ...all, temperature })).toEqual(likeliest);
    const unchanged = { xtc: { probability: 1e-9, threshold: 0.5 } };
    expect(await drawn({ ...all, ...unchanged, temperature })).toEqual(likeliest);
  });

  it('of a million draws the candidates evenly, and no others', async () => {
    const candidates = { '70': 50, '71': 51, '72': 52 };
    const sampling = { ...all, topK: 3, temperature: 1e6, logitBias: candidates };
    const { tokens } = await harness.runOne({ prompt: harness.prompt(20, 1), sampling, maxTokens: 200 });
    const counts = [70, 71, 72].map((token) => tokens.filter((each) => each === token).length);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(200);
    for (const count of counts) expect(count).toBeGreaterThan(40);
  });

  it('of a million keeps to a grammar', async () => {
    const format = { type: 'grammar', grammar: 'root ::= [abc]+' } as const;
    const { prompt, format: compiled } = await harness.engine.prepare(
      { type: 'tokens', tokens: harness.prompt(20, 1) },
      { format, logitBias: {}, stopTokens: [] },
    );
    const sampling = { ...all, temperature: 1e6 };
    const { text } = await harness.runOne({ prompt, sampling, format: compiled, maxTokens: 50 });
    expect(text).toMatch(/^[abc]+$/);
  });
});
