import type { Clock } from '../../base/clock.js';

/** How long requests wait for an upstream while there is none, in milliseconds; after that, they are refused at once. */
const outageMs = 10_000;

/** Timers may fire a little early. */
const toleranceMs = 0.5;

/** Records since when there has been no upstream, for lines and for single jobs. */
export class Outages {
  readonly #clock: Clock;
  readonly #onOut: () => void;
  readonly #sinceMs = new WeakMap<object, number>();

  /** @param onOut called when it may be time to give a request up */
  constructor(clock: Clock, onOut: () => void) {
    this.#clock = clock;
    this.#onOut = onOut;
  }

  /** @param isServed whether there is an upstream for it now */
  note(subject: object, isServed: boolean): void {
    if (isServed) this.#sinceMs.delete(subject);
    else if (!this.#sinceMs.has(subject)) {
      this.#sinceMs.set(subject, this.#clock.now());
      this.#clock.schedule(outageMs, this.#onOut);
    }
  }

  /** Whether no request waits for an upstream any more. */
  isOut(subject: object): boolean {
    const sinceMs = this.#sinceMs.get(subject);
    return sinceMs !== undefined && this.#clock.now() - sinceMs >= outageMs - toleranceMs;
  }
}
