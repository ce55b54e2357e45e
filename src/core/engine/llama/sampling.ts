import type { LlamaGrammarEvaluationState, LlamaModel, SequenceEvaluateOptions, TokenBias } from 'node-llama-cpp';

import type { GenerationSpec, Token } from '../engine.js';
import { biasLogit } from './internals.js';
import { libraryTokens, type Library } from './library.js';
import type { PenaltyWindow } from './penalty-window.js';

/** llama.cpp takes this seed for "choose one yourself". */
const randomSeed = 0xffff_ffff;

/** The lower bound of a logit bias: the token is never drawn. */
const never = -100;

/**
 * "Never" beside a grammar, which may leave no other token. A sampler without any choice would break the grammar, and
 * node-llama-cpp 3.22.1 lets the whole process die of that: nothing handles the rejection.
 */
const hardlyEver = -1e9;

export interface SamplingState {
  readonly penalties: PenaltyWindow | null;
  readonly bias: TokenBias | null;
  readonly grammar: LlamaGrammarEvaluationState | null;
}

/** Our sampling, resolved, as the library wants it. */
export function evaluateOptions(spec: GenerationSpec, state: SamplingState): SequenceEvaluateOptions {
  const { sampling } = spec;
  const { penalties, bias, grammar } = state;
  return {
    temperature: sampling.temperature,
    topP: sampling.topP,
    topK: sampling.topK,
    minP: sampling.minP,
    // The library's default is the second of the day, taken anew for each token.
    seed: seedFor(sampling.seed, spec.resumeAfter.length),
    yieldEogToken: true,
    ...(bias !== null && { tokenBias: bias }),
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
 * The sampler's state cannot be carried from one process to another, so a resumed generation goes on with a seed of
 * its own: the same one whenever the same generation is resumed at the same place, and another one than it began with,
 * which would draw the first random numbers a second time.
 */
export function seedFor(seed: number, resumedTokens: number): number {
  const mixed = resumedTokens === 0 ? seed >>> 0 : mix(seed ^ Math.imul(resumedTokens, 0x9e37_79b9));
  return mixed === randomSeed ? randomSeed - 1 : mixed;
}

/** The finalizer of MurmurHash3 (Austin Appleby, public domain): every bit of the result depends on every bit given. */
function mix(value: number): number {
  let mixed = value >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * The biases of a request, and against all tokens that end generation when these are to be ignored. With a grammar they
 * must stay possible: once its text is complete, they are all that may follow.
 *
 * @param endTokens called only if they are needed
 * @returns null for none
 */
export function tokenBias(
  library: Library,
  model: LlamaModel,
  spec: GenerationSpec,
  endTokens: () => readonly Token[],
): TokenBias | null {
  const biases = Object.entries(spec.sampling.logitBias);
  const forbidden = spec.ignoreEos && spec.format.type === 'text' ? endTokens() : [];
  if (biases.length === 0 && forbidden.length === 0) return null;

  const bias = library.TokenBias.for(model);
  const lowest = spec.format.type === 'text' ? -Infinity : hardlyEver;
  for (const [token, logit] of biases) biasLogit(bias, Number(token), logit <= never ? lowest : logit);
  for (const token of forbidden) biasLogit(bias, token, lowest);
  return bias;
}
