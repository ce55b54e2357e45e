import type { Sampling } from '../../src/core/engine/sampling.js';

/** Always the likeliest token: nothing is drawn and nothing is penalised. */
export const greedy: Sampling = {
  temperature: 0,
  topP: 1,
  topK: 40,
  minP: 0,
  seed: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  repeatPenalty: 1,
  penaltyTokens: null,
  xtc: null,
  dry: null,
  logitBias: {},
};
