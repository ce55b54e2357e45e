/** How much an older observation counts, each time a new one arrives. */
const decay = 0.8;

/** The time that a unit of work takes, as observed lately: the quotient of two sums in which older work fades. */
export class RunningRate {
  #units = 0;
  #ms = 0;

  /** @param units above 0 */
  observe(units: number, ms: number): void {
    this.#units = this.#units * decay + units;
    this.#ms = this.#ms * decay + ms;
  }

  /** @returns how long this work is likely to take, in milliseconds; null before the first observation */
  expectMs(units: number): number | null {
    return this.#units === 0 ? null : (units * this.#ms) / this.#units;
  }
}
