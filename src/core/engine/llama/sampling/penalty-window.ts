import type { Token } from '../../engine.js';
import type { Sampling } from '../../sampling.js';

/** How far back a repetition penalty looks, as in llama.cpp and node-llama-cpp. */
const repeatWindow = 64;

/** How much of the output counts for presence and frequency penalties; limits the cost of each token. */
const outputWindow = 1024;

/**
 * The tokens that are made less likely to be drawn again, newest last.
 *
 * OpenAI's presence and frequency penalties look at the output so far (here: its last 1024 tokens), llama.cpp's repeat
 * penalty at the last 64 tokens of prompt and output. The library has one list for all three; if both kinds are
 * requested, the list contains the output. A request may set the length of the list, like llama-server's: then it
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
   * @param contextLength maximum number of tokens of prompt and output
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
