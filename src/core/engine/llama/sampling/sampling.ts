import type { SequenceEvaluateOptions, TokenBias } from 'node-llama-cpp';
import { mixSeeds } from '../../../base/random.js';
import type { GenerationSpec } from '../../engine.js';
import type { Sampling } from '../../sampling.js';
import { libraryTokens } from '../library/library.js';
import type { GrammarSource } from './guidance.js';
import type { PenaltyWindow } from './penalty-window.js';
import type { TokenBiases } from './token-biases.js';

/** With this seed, llama.cpp chooses one of its own. */
const randomSeed = 0xffff_ffff;

export interface SamplingState {
  /** Null also if they are among the biases. */
  readonly penalties: PenaltyWindow | null;
  readonly biases: TokenBiases | null;
  readonly grammar: GrammarSource | null;
}

/** Translates our sampling options into the library's. */
export function evaluateOptions(spec: GenerationSpec, state: SamplingState): SequenceEvaluateOptions {
  const { sampling } = spec;
  const { penalties, biases, grammar } = state;
  return {
    ...candidates(sampling),
    // The library's default is the current time in seconds, read again for each token.
    seed: seedFor(sampling.seed, spec.resumeAfter.length),
    yieldEogToken: true,
    ...(biases !== null && { tokenBias: tokenBias(biases) }),
    ...(sampling.xtc !== null && { xtc: sampling.xtc }),
    ...(grammar !== null && { grammarEvaluationState: grammar }),
    ...(penalties !== null && {
      repeatPenalty: {
        punishTokens: () => libraryTokens(penalties.tokens),
        maxPunishTokens: penalties.length,
        penalty: sampling.repeatPenalty,
        presencePenalty: sampling.presencePenalty,
        frequencyPenalty: sampling.frequencyPenalty,
      },
    }),
  };
}

/**
 * Temperatures below this draw the likeliest token, which is what they mean: llama.cpp divides logits by them in 32-bit
 * floats, which overflow below 1e-37, and any token is drawn.
 */
const lowestTemperature = 1e-6;

/**
 * Greedily, one candidate is kept, which is then drawn. llama.cpp's own greedy sampler draws the same one, the first of the
 * likeliest, but takes longer to find it: 0.45 ms instead of 0.40 with 128,256 tokens. It has to be used with XTC, which
 * drops candidates.
 */
function candidates({ temperature, topP, topK, minP, xtc }: Sampling): SequenceEvaluateOptions {
  const isGreedy = temperature < lowestTemperature;
  if (isGreedy && xtc === null) return { temperature: 1, topP: 1, topK: 1, minP: 0 };
  return { temperature: isGreedy ? 0 : temperature, topP, topK, minP };
}

/**
 * The seed for a generation that was resumed after some tokens. The state of the sampler cannot be moved to another
 * process, and reusing the original seed would draw the first random numbers again. So each position at which a
 * generation is resumed has its own seed, which is always the same.
 */
export function seedFor(seed: number, resumedTokens: number): number {
  const mixed = resumedTokens === 0 ? seed >>> 0 : mixSeeds(seed ^ Math.imul(resumedTokens, 0x9e37_79b9));
  return mixed === randomSeed ? randomSeed - 1 : mixed;
}

function tokenBias(biases: TokenBiases): TokenBias | (() => TokenBias) {
  return biases.type === 'constant' ? biases.bias : () => biases.bias.current();
}
