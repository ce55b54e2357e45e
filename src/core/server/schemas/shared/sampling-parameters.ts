import { Type } from 'typebox';
import { optional } from './optional.js';

/** llama.cpp's own defaults, which suit quantised models better than OpenAI's. Stated in docs/api.md as well. */
export const samplingDefaults = {
  temperature: 0.8,
  top_p: 0.95,
  top_k: 40,
  min_p: 0.05,
  presence_penalty: 0,
  frequency_penalty: 0,
  repeat_penalty: 1,
  xtc_probability: 0,
  xtc_threshold: 0.1,
  dry_multiplier: 0,
  dry_base: 1.75,
  dry_allowed_length: 2,
  dry_penalty_last_n: 64,
} as const;

/** llama.cpp's own default. */
export const defaultBreakers: readonly string[] = ['\n', ':', '"', '*'];

/** llama-server and vLLM take any. At this one, all candidates are equally likely, and a 32-bit float still divides by it. */
const highestTemperature = 1_000_000;

/** Every token of the answer costs time for each bias: with 40,000 of them some 10 ms, for all generations of a round. */
const mostBiases = 1024;

const most = 2 ** 31 - 1;
const lastTokens = Type.Integer({ minimum: -1, maximum: most, description: '0 turns it off, -1 is all tokens.' });
const penalty = Type.Number({ exclusiveMinimum: 0, maximum: 10, default: samplingDefaults.repeat_penalty });

export const sequenceBreakers = Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 64 });

export const samplingParameters = {
  temperature: optional(
    Type.Number({ minimum: 0, maximum: highestTemperature, default: samplingDefaults.temperature }),
  ),
  top_p: optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      default: samplingDefaults.top_p,
      description: '0 always selects the most likely token.',
    }),
  ),
  top_k: optional(
    Type.Integer({
      minimum: -1,
      maximum: 1_000_000,
      default: samplingDefaults.top_k,
      description: '0 and -1 keep all candidates.',
    }),
  ),
  min_p: optional(Type.Number({ minimum: 0, maximum: 1, default: samplingDefaults.min_p })),
  seed: optional(
    Type.Integer({
      // 64 bits, as clients draw them. Beyond 2^53, the lowest bits are lost when the body is read.
      minimum: -(2 ** 63),
      maximum: 2 ** 64,
      description:
        'The same seed and prompt give the same text. Taken modulo 2^32. Random when left out, and when it is -1.',
    }),
  ),
  presence_penalty: optional(Type.Number({ minimum: -2, maximum: 2, default: samplingDefaults.presence_penalty })),
  frequency_penalty: optional(Type.Number({ minimum: -2, maximum: 2, default: samplingDefaults.frequency_penalty })),
  repeat_penalty: optional(penalty),
  repetition_penalty: optional(penalty),
  repeat_last_n: optional(lastTokens),
  xtc_probability: optional(Type.Number({ minimum: 0, maximum: 1, default: samplingDefaults.xtc_probability })),
  xtc_threshold: optional(Type.Number({ minimum: 0, maximum: 1, default: samplingDefaults.xtc_threshold })),
  dry_multiplier: optional(Type.Number({ minimum: 0, maximum: 100, default: samplingDefaults.dry_multiplier })),
  dry_base: optional(Type.Number({ minimum: 1, maximum: 100, default: samplingDefaults.dry_base })),
  dry_allowed_length: optional(
    Type.Integer({ minimum: 0, maximum: most, default: samplingDefaults.dry_allowed_length }),
  ),
  dry_penalty_last_n: optional(lastTokens),
  dry_sequence_breakers: optional(
    Type.Union([sequenceBreakers, Type.String()], { description: 'Also as JSON in a text, as SillyTavern sends it.' }),
  ),
  logit_bias: optional(
    Type.Record(Type.String({ pattern: '^[0-9]+$' }), Type.Number({ minimum: -100, maximum: 100 }), {
      additionalProperties: false,
      maxProperties: mostBiases,
      description: 'Token number to bias; -100 forbids a token.',
    }),
  ),
};
