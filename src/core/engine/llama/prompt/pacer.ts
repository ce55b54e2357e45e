import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest time in milliseconds for which work on one prompt holds the event loop. */
const turnMs = 4;

/** Yields to the event loop now and then during long work, so that other calls continue beside it. */
export class Pacer {
  readonly #signal: AbortSignal | undefined;
  #turnEndMs = performance.now() + turnMs;

  /** @param signal aborted when the result is no longer needed */
  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether it is time to {@link rest}. Asking costs less than an `await`, so a short prompt never waits. */
  get isDue(): boolean {
    return performance.now() >= this.#turnEndMs;
  }

  /** @throws the reason of the signal, once it is aborted */
  async rest(): Promise<void> {
    await nextTurn();
    this.#signal?.throwIfAborted();
    this.#turnEndMs = performance.now() + turnMs;
  }
}
