import { ChatstreamError } from '../../core/base/errors.js';
import type { Reading, WatchedServer } from '../../core/watch/watched-server.js';

/** The max-concurrency of one of several models, or of all, as last read. */
export interface ShownLimit {
  /** Null where there is one line. */
  readonly model: string | null;
  readonly value: number;
  readonly slots: number;
}

interface Wanted {
  readonly value: number;
  /** When the server took it, on the clock of the readings; null until it has. */
  readonly takenAtMs: number | null;
}

/**
 * Changes max-concurrency step by step. Steps may come faster than the server answers, so each begins at what the
 * previous one requested. Requests are sent one after the other, and of several pending steps only the last one
 * matters.
 */
export class LimitTurner {
  readonly #server: Pick<WatchedServer, 'setMaxConcurrency'>;
  readonly #say: (text: string, isProblem: boolean) => void;
  readonly #onTurned: () => void;
  /** What was requested and is not shown by a reading yet, by model. */
  readonly #wanted = new Map<string | null, Wanted>();
  #isSending = false;

  /**
   * @param say called with the outcome of a step
   * @param onTurned called when the server has another limit
   */
  constructor(
    server: Pick<WatchedServer, 'setMaxConcurrency'>,
    say: (text: string, isProblem: boolean) => void,
    onTurned: () => void,
  ) {
    this.#server = server;
    this.#say = say;
    this.#onTurned = onTurned;
  }

  /** @returns when everything that was requested is sent */
  async turn({ model, value, slots }: ShownLimit, by: 1 | -1): Promise<void> {
    const wanted = (this.#wanted.get(model)?.value ?? value) + by;
    if (wanted < 1 || wanted > slots) {
      this.#say(`${nameOf(model)} can be from 1 to ${slots}, the number of slots.`, true);
      return;
    }
    this.#wanted.set(model, { value: wanted, takenAtMs: null });
    if (!this.#isSending) await this.#send();
  }

  /** A reading shows the limit that the server had when it was asked. */
  onReading({ atMs }: Pick<Reading, 'atMs'>): void {
    for (const [model, { takenAtMs }] of this.#wanted) {
      if (takenAtMs !== null && takenAtMs <= atMs) this.#wanted.delete(model);
    }
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) await this.#sendOne(...next);
    } finally {
      this.#isSending = false;
    }
  }

  #next(): readonly [string | null, Wanted] | undefined {
    return [...this.#wanted].find(([, { takenAtMs }]) => takenAtMs === null);
  }

  async #sendOne(model: string | null, wanted: Wanted): Promise<void> {
    const { value } = wanted;
    try {
      await this.#server.setMaxConcurrency(value, model);
      // Another step may have arrived meanwhile.
      if (this.#wanted.get(model) === wanted) this.#wanted.set(model, { value, takenAtMs: performance.now() });
      this.#say(`${nameOf(model)} is ${value} now.`, false);
      this.#onTurned();
    } catch (error) {
      // Later steps would most likely be refused as well.
      this.#wanted.delete(model);
      if (!(error instanceof ChatstreamError)) throw error;
      this.#say(error.message, true);
    }
  }
}

function nameOf(model: string | null): string {
  return model === null ? 'max-concurrency' : `max-concurrency of ${model}`;
}
