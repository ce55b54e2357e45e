const windowSize = 64;

/**
 * How often a running generation makes room for a waiting one, measured.
 *
 * The rate is the number of the last releases (64 at the most) over the busy time in which they happened. Only time
 * in which something ran counts, so a quiet night does not make the morning's first estimate hopeless; and it counts up to
 * now, so that an engine that stalls is noticed before its next release.
 */
export class ReleaseRate {
  /** Busy time at each of the last releases, a ring; the entry about to be overwritten is where the window begins. */
  readonly #stamps = new Float64Array(windowSize);
  #releases = 0;
  #windowStart = 0;
  #busyBefore = 0;
  #busySince: number | undefined;

  /** Something runs from now on. */
  busy(nowMs: number): void {
    this.#busySince ??= nowMs;
  }

  /** Nothing runs from now on. */
  idle(nowMs: number): void {
    this.#busyBefore = this.#busyMs(nowMs);
    this.#busySince = undefined;
  }

  /** A running generation ended, for whatever reason. */
  release(nowMs: number): void {
    const slot = this.#releases % windowSize;
    if (this.#releases >= windowSize) this.#windowStart = this.#stamps[slot] ?? 0;
    this.#stamps[slot] = this.#busyMs(nowMs);
    this.#releases += 1;
  }

  /** Releases per second; null until the first one has been seen. */
  perSecond(nowMs: number): number | null {
    return this.#releases === 0 ? null : (this.#counted / this.#windowMs(nowMs)) * 1000;
  }

  /**
   * When the `count`-th release from now is to be expected, in milliseconds. Before the first release nothing is known but
   * that none has come in all the busy time so far, so that much is expected for each.
   */
  expectedMs(count: number, nowMs: number): number {
    if (this.#releases === 0) return count * this.#busyMs(nowMs);
    // Multiplied before it is divided: by way of the rate, 3 releases in 33 s would be 11.000000000000002 s apart.
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
