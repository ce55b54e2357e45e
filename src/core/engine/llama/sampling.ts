import type { LlamaModel, SequenceEvaluateOptions, TokenBias } from 'node-llama-cpp';
import { mixSeeds } from '../../base/random.js';
import type { GenerationSpec, Sampling, Token } from '../engine.js';
import type { GrammarSource } from './guidance.js';
import { biasLogit, type Library, libraryTokens } from './library.js';

/** llama.cpp chooses a seed of its own if it gets this one. */
const randomSeed = 0xffff_ffff;

/** The lower bound of a logit bias: such a token is never drawn. */
const never = -100;

/**
 * Stands for "never" with a grammar, which may allow no other token. With nothing left to choose from, the sampler
 * would violate the grammar, and with node-llama-cpp 3.22.1 that ends the whole process: nothing handles the rejection.
 */
const hardlyEver = -1e9;

export interface SamplingState {
  readonly penalties: PenaltyWindow | null;
  readonly bias: TokenBias | null;
  readonly grammar: GrammarSource | null;
}

/** Translates our sampling options into the library's. */
export function evaluateOptions(spec: GenerationSpec, state: SamplingState): SequenceEvaluateOptions {
  const { sampling } = spec;
  const { penalties, bias, grammar } = state;
  return {
    temperature: sampling.temperature,
    topP: sampling.topP,
    topK: sampling.topK,
    minP: sampling.minP,
    // The library's default is the current time in seconds, read again for each token.
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
 * The seed for a generation that was resumed after some tokens. The state of the sampler cannot be moved to another
 * process, and repeating the original seed would draw the first random numbers again. So each place at which a
 * generation is resumed gets a seed of its own, and always the same one.
 */
export function seedFor(seed: number, resumedTokens: number): number {
  const mixed = resumedTokens === 0 ? seed >>> 0 : mixSeeds(seed ^ Math.imul(resumedTokens, 0x9e37_79b9));
  return mixed === randomSeed ? randomSeed - 1 : mixed;
}

/**
 * The biases of a request, and biases against all end-of-generation tokens if these should be ignored. With a grammar,
 * end-of-generation tokens must stay possible: once its text is complete, nothing else may follow.
 *
 * @param endTokens called only if they are needed
 * @returns null if there are no biases
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

/** How far back a repetition penalty looks, as in llama.cpp and node-llama-cpp. */
const repeatWindow = 64;

/** How much of the output counts for presence and frequency penalties; limits the cost of each token. */
const outputWindow = 1024;

/**
 * The tokens that are made less likely to be drawn again, newest last.
 *
 * OpenAI's presence and frequency penalties look at the output so far (here: its last 1024 tokens), llama.cpp's repeat
 * penalty looks at the last 64 tokens of prompt and output. The library has one list for all three; if both kinds are
 * requested, the list contains the output.
 */
export class PenaltyWindow {
  readonly length: number;
  readonly #tokens: Token[];

  private constructor(length: number, tokens: readonly Token[]) {
    this.length = length;
    this.#tokens = tokens.slice(-length);
  }

  /** @returns null if no penalty is requested */
  static for(sampling: Sampling, prompt: readonly Token[], output: readonly Token[]): PenaltyWindow | null {
    if (sampling.presencePenalty !== 0 || sampling.frequencyPenalty !== 0)
      return new PenaltyWindow(outputWindow, output);
    if (sampling.repeatPenalty === 1) return null;
    return new PenaltyWindow(repeatWindow, [...prompt.slice(-repeatWindow), ...output]);
  }

  push(token: Token): void {
    if (this.#tokens.length === this.length) this.#tokens.shift();
    this.#tokens.push(token);
  }

  /** The window itself, not a copy: valid until the next push. */
  get tokens(): Token[] {
    return this.#tokens;
  }
}
