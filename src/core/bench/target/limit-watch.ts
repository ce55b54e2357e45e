/** The max-concurrency of a server as it says it, and the slots that bound it. */
export interface SeenLimit {
  readonly maxConcurrency: number;
  readonly slots: number;
}

/** A max-concurrency that was changed while it was measured. */
export interface LimitChange {
  readonly from: number;
  readonly to: number;
}

/** Notices that the max-concurrency of a server was changed by someone else while it was measured. */
export class LimitWatch {
  readonly #expected: number | null;
  #last: SeenLimit | null = null;
  #change: LimitChange | null = null;

  /** @param expected what was set before; null if nothing was: then the first that is seen */
  constructor(expected: number | null) {
    this.#expected = expected;
  }

  /** From the first limit to the last, if it changed; else null. */
  get change(): LimitChange | null {
    return this.#change;
  }

  /** @param limit null if the server does not say it at the moment */
  see(limit: SeenLimit | null): void {
    if (limit === null) return;
    const last = this.#last;
    // The front of a cluster may say the former limit until it has heard of the new one.
    if (last === null && this.#expected !== null && limit.maxConcurrency !== this.#expected) return;
    this.#last = limit;
    if (last === null || last.maxConcurrency === limit.maxConcurrency) return;
    // A limit of as many as there are slots follows the nodes that come and go.
    if (last.slots === limit.slots)
      this.#change = { from: this.#change?.from ?? last.maxConcurrency, to: limit.maxConcurrency };
  }
}
