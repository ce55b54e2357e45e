/**
 * The number of counted requests in flight, integrated over time. It measures the load independently of the times of
 * single requests, so that the two can be compared (Little's law).
 */
export class InFlight {
  readonly #beginUs: number;
  #counted = 0;
  #warmup = 0;
  #integralUs = 0;
  #sampledUs: number | null = null;

  /** @param beginUs end of the warm-up */
  constructor(beginUs: number) {
    this.#beginUs = beginUs;
  }

  beginWarmup(): void {
    this.#warmup += 1;
  }

  endWarmup(): void {
    this.#warmup -= 1;
  }

  begin(): void {
    this.#counted += 1;
  }

  /**
   * A counted request ended.
   *
   * @param excessUs how much of its time in flight is not part of an end-to-end latency, which is used to check
   *   Little's law
   */
  end(excessUs: number): void {
    this.#counted -= 1;
    this.#integralUs -= excessUs;
  }

  /** Including those of the warm-up. */
  get all(): number {
    return this.#counted + this.#warmup;
  }

  /** In request-microseconds. */
  get integralUs(): number {
    return this.#integralUs;
  }

  /** Adds what was in flight since the last sample. @returns how long ago that was; null if it was in the warm-up */
  sample(nowUs: number): number | null {
    const elapsedUs = this.#sampledUs === null ? null : nowUs - this.#sampledUs;
    if (elapsedUs !== null) this.#integralUs += this.#counted * elapsedUs;
    this.#sampledUs = nowUs < this.#beginUs ? null : nowUs;
    return elapsedUs;
  }
}
