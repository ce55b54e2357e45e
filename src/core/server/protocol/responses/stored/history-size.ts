import { setImmediate as nextIteration } from 'node:timers/promises';
import { ChatstreamError } from '../../../../base/errors.js';

/**
 * How much a single request may read of stored items, and how long a conversation may be, in characters of JSON. Stated
 * in docs/api.md as well.
 */
const mostCharacters = 16 * 1024 ** 2;

/** Characters of JSON that are counted without a break. */
const stretch = 1024 ** 2;

/** Counts items on their way from the store, so that those of a thousand responses are not in memory together. */
export class HistorySize {
  readonly #param: string;
  #characters = 0;
  #restedAt = 0;

  /** @param param the parameter that asks for the items */
  constructor(param: string) {
    this.#param = param;
  }

  /** @param value items, or one of them. @throws ChatstreamError `invalid_request` if that is too much */
  add(value: object): void {
    this.#characters += JSON.stringify(value).length;
    if (this.#characters <= mostCharacters) return;
    throw new ChatstreamError('invalid_request', `"${this.#param}" makes a conversation that is too long to be kept.`, {
      param: this.#param,
      hint: `At most ${mostCharacters} characters of JSON are supported. Begin another conversation.`,
    });
  }

  /**
   * Lets the event loop continue if much has been counted since the last time, because what is kept in memory arrives
   * all at once.
   */
  async rest(): Promise<void> {
    if (this.#characters - this.#restedAt < stretch) return;
    this.#restedAt = this.#characters;
    await nextIteration();
  }
}
