import type { Token } from '../engine.js';
import { type StopScan, StopStrings } from './stop-strings.js';

/**
 * Decodes tokens that follow others. Bytes that are not a character, or not a whole one yet, become U+FFFD.
 *
 * @param before the last few tokens before them: some vocabularies spell a token differently at the beginning
 */
export type DecodeTokens = (tokens: readonly Token[], before: readonly Token[]) => string;

const replacement = '\uFFFD';

/** A character has at most four bytes, so at most three can be the beginning of an unfinished one. */
const longestUnfinished = 3;

/** Number of tokens that the decoder gets as context. */
const contextTokens = 4;

/**
 * How many undecided tokens may pile up, and how many of them are kept then. The kept ones always contain the unfinished
 * character, unless eight tokens in a row have only two bytes together.
 */
const pendingLimit = 16;
const pendingKept = 8;

/**
 * Turns tokens into text one by one and emits whole characters only, because the bytes of a character may be spread over
 * several tokens. The cost of a token does not depend on how many came before it.
 *
 *     tokens   … 60 61 62 63 | 64  65  66      64 to 66 are pending: their text may still change
 *              └── before ──┘ └─ pending ┘
 *     text                     "ab日" + 2 of 3 bytes: "ab日" is emitted, the 2 bytes are unfinished
 */
export class Detokenizer {
  readonly #decode: DecodeTokens;
  /** Tokens since the last point at which the text ended with a whole character. */
  #pending: Token[] = [];
  /** Characters of the pending tokens' text that were emitted already. */
  #emitted = 0;
  /** The last tokens before the pending ones. */
  #before: readonly Token[] = [];

  constructor(decode: DecodeTokens) {
    this.#decode = decode;
  }

  /** @returns the text that has become certain with this token; may be empty */
  push(token: Token): string {
    this.#pending.push(token);
    const text = this.#decode(this.#pending, this.#before);
    const unfinished = unfinishedLength(text);
    const certain = text.length - unfinished;
    const fresh = text.slice(this.#emitted, certain);
    this.#emitted = Math.max(this.#emitted, certain);

    if (unfinished === 0) this.#settle(this.#pending.length);
    else if (this.#pending.length > pendingLimit) return fresh + this.#shorten(unfinished);
    return fresh;
  }

  /** Ends the text: the bytes of an unfinished character are emitted as U+FFFD. */
  flush(): string {
    if (this.#pending.length === 0) return '';
    const rest = this.#decode(this.#pending, this.#before).slice(this.#emitted);
    this.#settle(this.#pending.length);
    return rest;
  }

  /**
   * The output of a model may never reach the end of a character. Then the oldest tokens are forgotten, whose text was
   * emitted; only the end of the text can still change.
   */
  #shorten(unfinished: number): string {
    const emitted = this.#emitted;
    const before = this.#before;
    const pending = this.#pending;
    this.#settle(pending.length - pendingKept);
    const kept = this.#decode(this.#pending, this.#before);
    if (unfinishedLength(kept) >= unfinished) {
      this.#emitted = kept.length - unfinished;
      return '';
    }
    // The undecided bytes lie further back than the kept tokens, so they will never be decided.
    this.#settle(this.#pending.length);
    return this.#decode(pending, before).slice(emitted);
  }

  /** Turns the oldest `count` pending tokens into context. */
  #settle(count: number): void {
    this.#before = [...this.#before, ...this.#pending.slice(0, count)].slice(-contextTokens);
    this.#pending = this.#pending.slice(count);
    this.#emitted = 0;
  }
}

function unfinishedLength(text: string): number {
  let length = 0;
  while (length < longestUnfinished && text.endsWith(replacement, text.length - length)) length++;
  return length;
}

/** Turns tokens into text that may be sent: whole characters, and nothing of a stop string. */
export class TextAssembler {
  readonly #detokenizer: Detokenizer;
  readonly #stopStrings: StopStrings;
  #written = '';

  constructor(decode: DecodeTokens, stops: readonly string[]) {
    this.#detokenizer = new Detokenizer(decode);
    this.#stopStrings = new StopStrings(stops);
  }

  /** What the last token added to the text, before stop strings were looked for. */
  get written(): string {
    return this.#written;
  }

  /** The stop string that ended the text; null if none did. */
  get stop(): string | null {
    return this.#stopStrings.found;
  }

  /** @param mayStop false if the text may not end yet: a stop string that begins there is ordinary text */
  push(token: Token, mayStop = true): StopScan {
    const text = this.#detokenizer.push(token);
    this.#written = text;
    return mayStop ? this.#stopStrings.push(text) : { text, stopped: false };
  }

  /** Ends the text. @returns everything that was held back, up to a stop string if it contains one */
  end(): string {
    const { text, stopped } = this.#stopStrings.push(this.#detokenizer.flush());
    return stopped ? text : text + this.#stopStrings.flush();
  }
}
