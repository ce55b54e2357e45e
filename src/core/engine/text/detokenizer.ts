import type { Token } from '../engine.js';

/**
 * The text of tokens that follow others. Bytes that are no character, or not a whole one yet, become U+FFFD.
 *
 * @param before the last few tokens in front of them: some vocabularies spell a token differently at the beginning
 */
export type DecodeTokens = (tokens: readonly Token[], before: readonly Token[]) => string;

const replacement = '\uFFFD';

/** A character has at most four bytes, so no more than three can be an unfinished one. */
const longestUnfinished = 3;

/** Tokens handed to the decoder as context. */
const contextTokens = 4;

/**
 * How many undecided tokens may pile up, and how many are kept then. The kept ones always hold the unfinished
 * character, unless eight tokens in a row have two bytes between them.
 */
const pendingLimit = 16;
const pendingKept = 8;

/**
 * Turns tokens into text one by one and emits whole characters only: a character's bytes may be spread over several
 * tokens. The cost of a token does not depend on how many came before it.
 */
export class Detokenizer {
  readonly #decode: DecodeTokens;
  /** Tokens since the last one at which the text ended with a whole character. */
  #pending: Token[] = [];
  /** Characters of the pending tokens' text that are out already. */
  #emitted = 0;
  /** The tokens in front of the pending ones. */
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

  /** No more tokens: the bytes of an unfinished character come out as U+FFFD. */
  flush(): string {
    if (this.#pending.length === 0) return '';
    const rest = this.#decode(this.#pending, this.#before).slice(this.#emitted);
    this.#settle(this.#pending.length);
    return rest;
  }

  /**
   * A model that talks garbage may never come to the end of a character. Forgets the oldest tokens then, whose text is
   * out; only the end of the text can still change.
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
    // What is undecided lies further back than the kept tokens, so it will never be decided.
    this.#settle(this.#pending.length);
    return this.#decode(pending, before).slice(emitted);
  }

  /** Makes the oldest `count` pending tokens context. */
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
