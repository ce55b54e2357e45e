import type { SequenceEvaluateOptions, TokenBias } from 'node-llama-cpp';
import { mixSeeds } from '../../base/random.js';
import type { GenerationSpec, Token } from '../engine.js';
import type { Sampling } from '../sampling.js';
import type { GrammarSource } from './guidance.js';
import { libraryTokens } from './library.js';
import type { TokenBiases } from './token-biases.js';

/** llama.cpp chooses a seed of its own if it gets this one. */
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
 * Greedily, one candidate is kept, which is then drawn. llama.cpp's own greedy sampler draws the same one, the first of the
 * likeliest, but takes longer to find it: 0.45 ms instead of 0.40 with 128,256 tokens. It has to be used with XTC, which
 * drops candidates.
 */
function candidates({ temperature, topP, topK, minP, xtc }: Sampling): SequenceEvaluateOptions {
  return temperature > 0 || xtc !== null
    ? { temperature, topP, topK, minP }
    : { temperature: 1, topP: 1, topK: 1, minP: 0 };
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

function tokenBias(biases: TokenBiases): TokenBias | (() => TokenBias) {
  return biases.type === 'constant' ? biases.bias : () => biases.bias.current();
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
 * requested, the list contains the output. A request may set the length of the list, as llama-server's do: then it
 * contains prompt and output.
 */
export class PenaltyWindow {
  readonly length: number;
  readonly #tokens: Token[];
  readonly #counts = new Map<Token, number>();

  private constructor(length: number, tokens: readonly Token[]) {
    this.length = length;
    this.#tokens = tokens.slice(-length);
    for (const token of this.#tokens) this.#count(token, 1);
  }

  /**
   * @param contextLength most tokens that prompt and output can have
   * @returns null if no penalty is requested
   */
  static for(
    sampling: Sampling,
    prompt: readonly Token[],
    output: readonly Token[],
    contextLength: number,
  ): PenaltyWindow | null {
    const { presencePenalty, frequencyPenalty, repeatPenalty, penaltyTokens } = sampling;
    const isOfOutput = presencePenalty !== 0 || frequencyPenalty !== 0;
    if (penaltyTokens === 0 || (!isOfOutput && repeatPenalty === 1)) return null;
    if (isOfOutput && penaltyTokens === null) return new PenaltyWindow(outputWindow, output);
    const length = Math.min(penaltyTokens ?? repeatWindow, contextLength);
    return new PenaltyWindow(length, [...prompt.slice(-length), ...output]);
  }

  push(token: Token): void {
    const oldest = this.#tokens.length === this.length ? this.#tokens.shift() : undefined;
    if (oldest !== undefined) this.#count(oldest, -1);
    this.#tokens.push(token);
    this.#count(token, 1);
  }

  /** The window itself, not a copy: valid until the next push. */
  get tokens(): Token[] {
    return this.#tokens;
  }

  /** How often each token is in the window, 1 or more; valid until the next push. */
  get counts(): ReadonlyMap<Token, number> {
    return this.#counts;
  }

  #count(token: Token, change: 1 | -1): void {
    const count = (this.#counts.get(token) ?? 0) + change;
    if (count === 0) this.#counts.delete(token);
    else this.#counts.set(token, count);
  }
}
