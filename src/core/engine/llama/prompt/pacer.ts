import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest time in milliseconds for which work on one prompt holds the event loop. */
const turnMs = 4;

/** When the last of those who rest goes on. */
let lastTurn: Promise<void> = Promise.resolve();

/**
 * Gives the event loop back now and then during long work, so that other calls continue beside it. Of several who rest, one goes on in
 * each iteration of the event loop: what arrives meanwhile waits for a piece of one work, however many there are.
 */
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
    lastTurn = lastTurn.then(() => nextTurn());
    await lastTurn;
    this.#signal?.throwIfAborted();
    this.#turnEndMs = performance.now() + turnMs;
  }
}
