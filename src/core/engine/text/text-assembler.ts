import type { Token } from '../engine.js';
import { Detokenizer, type DecodeTokens } from './detokenizer.js';
import { StopStrings, type StopScan } from './stop-strings.js';

/** Tokens in, text out that may be sent: whole characters, nothing of a stop string. */
export class TextAssembler {
  readonly #detokenizer: Detokenizer;
  readonly #stopStrings: StopStrings;

  constructor(decode: DecodeTokens, stops: readonly string[]) {
    this.#detokenizer = new Detokenizer(decode);
    this.#stopStrings = new StopStrings(stops);
  }

  push(token: Token): StopScan {
    return this.#stopStrings.push(this.#detokenizer.push(token));
  }

  /** No more tokens: everything that was held back, up to a stop string if there is one in it. */
  end(): string {
    const { text, stopped } = this.#stopStrings.push(this.#detokenizer.flush());
    return stopped ? text : text + this.#stopStrings.flush();
  }
}
