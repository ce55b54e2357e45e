/** Whether a request counts, by when it was meant to be sent. */
export type RequestPhase = 'warm-up' | 'counted' | 'over';

/**
 * The measurement window: from the end of the warm-up until its time is over, or until enough requests have been begun.
 * Requests that are begun in it count, even if they end later.
 */
export class MeasurementWindow {
  readonly beginUs: number;
  readonly #endUs: number;
  #left: number;
  #closed = false;

  /**
   * @param startUs when the load begins
   * @param durationMs of the window; null: until `requests` have been begun
   */
  constructor(startUs: number, warmupMs: number, durationMs: number | null, requests: number | null) {
    this.beginUs = startUs + warmupMs * 1000;
    this.#endUs = durationMs === null ? Infinity : this.beginUs + durationMs * 1000;
    this.#left = requests ?? Infinity;
  }

  /** The bench was stopped: nothing more is sent. */
  close(): void {
    this.#closed = true;
  }

  /**
   * Asks for one request; one that counts is taken off the number that is left.
   *
   * @param late whether it counts even if the window's time is over: a client whose first request took longer than that
   *   would else have measured nothing
   */
  nextPhase(intendedUs: number, late = false): RequestPhase {
    if (this.#closed || this.#left <= 0) return 'over';
    if (intendedUs < this.beginUs) return 'warm-up';
    if (intendedUs >= this.#endUs && !late) return 'over';
    this.#left -= 1;
    return 'counted';
  }
}
