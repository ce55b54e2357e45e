/** The max-concurrency that a server reports, and the slots that limit it. */
export interface SeenLimit {
  readonly maxConcurrency: number;
  readonly slots: number;
}

/** A max-concurrency that was changed during the measurement. */
export interface LimitChange {
  readonly from: number;
  readonly to: number;
}

/** Notices that the max-concurrency of a server was changed by someone else during the measurement. */
export class LimitWatch {
  readonly #expected: number | null;
  #last: SeenLimit | null = null;
  #change: LimitChange | null = null;

  /** @param expected the value that was set before; null if none was: then the first one that is read */
  constructor(expected: number | null) {
    this.#expected = expected;
  }

  /** From the first limit to the last, if it changed; else null. */
  get change(): LimitChange | null {
    return this.#change;
  }

  /** @param limit null if the server does not report it at the moment */
  see(limit: SeenLimit | null): void {
    if (limit === null) return;
    const last = this.#last;
    // The front of a cluster may report the former limit until it has heard of the new one.
    if (last === null && this.#expected !== null && limit.maxConcurrency !== this.#expected) return;
    this.#last = limit;
    if (last === null || last.maxConcurrency === limit.maxConcurrency) return;
    // A limit that equals the number of slots follows the nodes that come and go.
    if (last.slots === limit.slots)
      this.#change = { from: this.#change?.from ?? last.maxConcurrency, to: limit.maxConcurrency };
  }
}
