const windowSize = 64;

/**
 * The measured rate at which slots become free.
 *
 * The rate is the number of recent releases (at most 64) divided by the busy time in which they happened. Only time in
 * which a job ran counts, so that a quiet night does not spoil the first estimates of the morning. Time since the last
 * release counts as well, so that a stalled engine is noticed before its next release.
 */
export class ReleaseRate {
  /** Busy time at each recent release, as a ring; the window begins at the entry that is overwritten next. */
  readonly #stamps = new Float64Array(windowSize);
  #releases = 0;
  #windowStart = 0;
  #busyBefore = 0;
  #busySince: number | undefined;

  /** At least one job runs from now on. */
  busy(nowMs: number): void {
    this.#busySince ??= nowMs;
  }

  /** No job runs from now on. */
  idle(nowMs: number): void {
    this.#busyBefore = this.#busyMs(nowMs);
    this.#busySince = undefined;
  }

  /** A running job ended, for any reason. */
  release(nowMs: number): void {
    const slot = this.#releases % windowSize;
    if (this.#releases >= windowSize) this.#windowStart = this.#stamps[slot] ?? 0;
    this.#stamps[slot] = this.#busyMs(nowMs);
    this.#releases += 1;
  }

  /** Releases per second; null before the first release. */
  perSecond(nowMs: number): number | null {
    return this.#releases === 0 ? null : (this.#counted / this.#windowMs(nowMs)) * 1000;
  }

  /**
   * Expected time until the `count`-th release from now, in milliseconds. Before the first release, all that is known
   * is that there was none in the busy time so far, so each release is expected to take that long.
   */
  expectedMs(count: number, nowMs: number): number {
    if (this.#releases === 0) return count * this.#busyMs(nowMs);
    // Multiplied before divided: computed from the rate, 3 releases in 33 s would be 11.000000000000002 s apart.
    return (count * this.#windowMs(nowMs)) / this.#counted;
  }

  /** Releases in the window. */
  get #counted(): number {
    return Math.min(this.#releases, windowSize);
  }

  #windowMs(nowMs: number): number {
    return Math.max(this.#busyMs(nowMs) - this.#windowStart, 1);
  }

  #busyMs(nowMs: number): number {
    return this.#busyBefore + (this.#busySince === undefined ? 0 : nowMs - this.#busySince);
  }
}
