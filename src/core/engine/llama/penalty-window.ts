import type { Sampling, Token } from '../engine.js';

/** How far back a repetition penalty looks, as in llama.cpp and node-llama-cpp. */
const repeatWindow = 64;

/** How much of the output counts for presence and frequency; bounds what each token costs. */
const outputWindow = 1024;

/**
 * The tokens that make themselves less likely, newest last.
 *
 * OpenAI's presence and frequency penalties look at the output so far (here: its last 1024 tokens), llama.cpp's repeat
 * penalty at the last 64 tokens of prompt and output. The library has one list for all three; where both kinds are
 * asked for, the list is the output's.
 */
export class PenaltyWindow {
  readonly length: number;
  readonly #tokens: Token[];

  private constructor(length: number, tokens: readonly Token[]) {
    this.length = length;
    this.#tokens = tokens.slice(-length);
  }

  /** @returns null when no penalty is asked for */
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
