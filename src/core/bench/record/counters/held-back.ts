/** Requests that were due while there were as many in flight as `--max-in-flight` allows. */
export interface HeldBackCounts {
  /** Counted requests among them. */
  readonly requests: number;
  /** The total time for which answered requests had been held back, in microseconds. */
  readonly answeredUs: number;
  readonly longestUs: number;
}

export class HeldBack {
  #waiting = 0;
  #requests = 0;
  #answeredUs = 0;
  #longestUs = 0;

  /** How many are held back now. */
  get waiting(): number {
    return this.#waiting;
  }

  get counts(): HeldBackCounts {
    return { requests: this.#requests, answeredUs: this.#answeredUs, longestUs: this.#longestUs };
  }

  hold(): void {
    this.#waiting += 1;
  }

  /** @param counts false for a request of the warm-up */
  release(heldUs: number, counts: boolean): void {
    this.#waiting -= 1;
    if (!counts) return;
    this.#requests += 1;
    this.#longestUs = Math.max(this.#longestUs, heldUs);
  }

  answered(heldUs: number): void {
    this.#answeredUs += heldUs;
  }
}
