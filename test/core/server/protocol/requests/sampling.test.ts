import { describe, expect, it } from 'vitest';
import type { Sampling } from '../../../../../src/core/engine/sampling.js';
import { samplingOf } from '../../../../../src/core/server/protocol/requests/sampling.js';

const everything = 2 ** 31 - 1;

describe('sampling', () => {
  it('carries every parameter', () => {
    const sampling: Sampling = samplingOf({
      temperature: 0,
      top_p: 0.5,
      top_k: 7,
      min_p: 0.1,
      seed: 42,
      presence_penalty: 1,
      frequency_penalty: -1,
      repeat_penalty: 1.2,
      repeat_last_n: 32,
      xtc_probability: 0.5,
      xtc_threshold: 0.2,
      dry_multiplier: 0.8,
      dry_base: 2,
      dry_allowed_length: 3,
      dry_penalty_last_n: 128,
      dry_sequence_breakers: ['.'],
      logit_bias: { 5: -100 },
    });
    expect(sampling).toEqual({
      temperature: 0,
      topP: 0.5,
      topK: 7,
      minP: 0.1,
      seed: 42,
      presencePenalty: 1,
      frequencyPenalty: -1,
      repeatPenalty: 1.2,
      penaltyTokens: 32,
      xtc: { probability: 0.5, threshold: 0.2 },
      dry: { multiplier: 0.8, base: 2, allowedLength: 3, lastTokens: 128, breakers: ['.'] },
      logitBias: { 5: -100 },
    });
  });

  it.each([
    ['["\\n",":"]', ['\n', ':']],
    ['"\\n", ":"', ['\n', ':']],
    ['[]', []],
    ['', ['\n', ':', '"', '*']],
  ])('reads sequence breakers from the text %s', (breakers, expected) => {
    expect(samplingOf({ dry_multiplier: 1, dry_sequence_breakers: breakers }).dry?.breakers).toEqual(expected);
  });

  it.each(['\n', '[5]', '[""]', `["${'x'.repeat(257)}"]`, `[${Array(65).fill('"x"').join()}]`, '{"a":"x"}'])(
    'refuses the sequence breakers %s',
    (breakers) => {
      expect(() => samplingOf({ dry_multiplier: 1, dry_sequence_breakers: breakers })).toThrow(
        expect.objectContaining({ code: 'invalid_request', param: 'dry_sequence_breakers' }) as Error,
      );
    },
  );

  it.each([
    [0, 0],
    [42, 42],
    [2 ** 32, 0],
    [2 ** 32 + 5, 5],
    [-2, 2 ** 32 - 2],
    [2 ** 53 - 1, 2 ** 32 - 1],
    [2 ** 63 + 2 ** 12, 2 ** 12],
    [-(2 ** 63), 0],
  ])('uses the seed %d modulo 2^32, which is %d', (seed, expected) => {
    expect(samplingOf({ seed }).seed).toBe(expected);
  });

  it.each([[{}], [{ seed: null }], [{ seed: -1 }]])('draws a new seed for every request with %j', (body) => {
    const seeds = Array.from({ length: 8 }, () => samplingOf(body).seed);
    expect(new Set(seeds).size).toBe(8);
    for (const seed of seeds) expect(seed === seed >>> 0).toBe(true);
  });

  it('keeps all candidates with a top_k of -1, as with 0', () => {
    expect(samplingOf({ top_k: -1 }).topK).toBe(0);
  });

  it.each([
    [{ repeat_penalty: 1.1 }, { repeatPenalty: 1.1, penaltyTokens: null }],
    [{ repetition_penalty: 1.1 }, { repeatPenalty: 1.1, penaltyTokens: everything }],
    [
      { repetition_penalty: 1.1, repeat_last_n: 8 },
      { repeatPenalty: 1.1, penaltyTokens: 8 },
    ],
    [
      { repetition_penalty: 1.1, repeat_penalty: 1.1 },
      { repeatPenalty: 1.1, penaltyTokens: null },
    ],
    [
      { repetition_penalty: 1.1, presence_penalty: 1 },
      { repeatPenalty: 1.1, penaltyTokens: null },
    ],
    [{ repeat_last_n: -1 }, { repeatPenalty: 1, penaltyTokens: everything }],
    [{ repeat_last_n: 0 }, { repeatPenalty: 1, penaltyTokens: 0 }],
  ])('with %j penalises %j', (body, expected) => {
    expect(samplingOf(body)).toMatchObject(expected);
  });

  it('refuses two names of one parameter with different values', () => {
    const body = { repeat_penalty: 1.1, repetition_penalty: 1.2 };
    expect(() => samplingOf(body)).toThrow(/"repeat_penalty" and "repetition_penalty"/u);
  });

  it.each([
    [{ xtc_threshold: 0.2 }],
    [{ xtc_probability: 0.5, xtc_threshold: 0.6 }],
    [{ dry_base: 2 }],
    [{ dry_multiplier: 1, dry_penalty_last_n: 0 }],
  ])('drops nothing and penalises no repetition with %j', (body) => {
    expect(samplingOf(body)).toMatchObject({ xtc: null, dry: null });
  });

  it('has the defaults of llama.cpp for what is on', () => {
    expect(samplingOf({ xtc_probability: 0.5, dry_multiplier: 0.8, dry_penalty_last_n: -1 })).toMatchObject({
      xtc: { probability: 0.5, threshold: 0.1 },
      dry: { base: 1.75, allowedLength: 2, lastTokens: everything, breakers: ['\n', ':', '"', '*'] },
    });
  });
});
