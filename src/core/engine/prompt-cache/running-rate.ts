/** How much an older observation counts, each time a new one arrives. */
const decay = 0.8;

/** Observations older than this say nothing any more, in milliseconds. */
const staleMs = 60_000;

/** The time that a unit of work takes, as observed lately: the quotient of two sums in which older work fades. */
export class RunningRate {
  #units = 0;
  #ms = 0;
  #lastMs = 0;

  /**
   * @param units above 0
   * @param nowMs the time of a clock
   */
  observe(units: number, ms: number, nowMs: number): void {
    this.#lastMs = nowMs;
    this.#units = this.#units * decay + units;
    this.#ms = this.#ms * decay + ms;
  }

  /**
   * @returns how long this work is likely to take, in milliseconds; null if nothing was observed in the last minute, so that
   *   work which seemed too expensive is tried again
   */
  expectMs(units: number, nowMs: number): number | null {
    return this.#units === 0 || nowMs - this.#lastMs > staleMs ? null : (units * this.#ms) / this.#units;
  }
}
