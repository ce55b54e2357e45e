import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest time in milliseconds that work on one prompt holds the event loop. */
const turnMs = 4;

/** Gives the event loop back now and then during long work, so that other calls go on beside it. */
export class Pacer {
  #turnEndMs = performance.now() + turnMs;

  /** Whether it is time to {@link rest}. Asking costs less than an `await`, and a short prompt never waits. */
  get isDue(): boolean {
    return performance.now() >= this.#turnEndMs;
  }

  async rest(): Promise<void> {
    await nextTurn();
    this.#turnEndMs = performance.now() + turnMs;
  }
}
