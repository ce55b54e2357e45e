/** Work that waits. */
interface Waiting {
  readonly begin: () => void;
}

export interface TurnLimits {
  /** How much work is done at once; unlimited if left out. */
  readonly atOnce?: number;
}

/**
 * Work of several owners, each of whom has one piece of work done at a time. An owner with much work waits for its own;
 * others get their turns in between. The work of each owner is done in the order in which it arrived.
 */
export class TurnsByOwner {
  readonly #atOnce: number;
  /** Owners whose work is being done. */
  readonly #busy = new Set<string>();
  /** The owner whose last turn was longest ago comes first. */
  readonly #waiting = new Map<string, Waiting[]>();

  constructor({ atOnce = Infinity }: TurnLimits = {}) {
    this.#atOnce = atOnce;
  }

  /**
   * Does the work when its turn comes, at once if possible.
   *
   * @param signal aborted when the work is no longer needed: its reason is thrown if the work has not begun by then
   * @returns the result of the work. The turn ends with the work, even if that throws.
   */
  async take<T>(owner: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#busy.size >= this.#atOnce || this.#busy.has(owner)) await this.#turnOf(owner, signal);
    else this.#busy.add(owner);
    try {
      return await work();
    } finally {
      this.#busy.delete(owner);
      this.#putBehind(owner);
      this.#next();
    }
  }

  #putBehind(owner: string): void {
    const waiting = this.#waiting.get(owner);
    if (waiting === undefined) return;
    this.#waiting.delete(owner);
    this.#waiting.set(owner, waiting);
  }

  #turnOf(owner: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#remove(owner, waiting);
        reject(signal?.reason instanceof Error ? signal.reason : new Error(String(signal?.reason)));
      };
      const waiting: Waiting = {
        begin: () => {
          signal?.removeEventListener('abort', onAbort);
          this.#busy.add(owner);
          resolve();
        },
      };
      if (signal?.aborted === true) {
        onAbort();
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      const others = this.#waiting.get(owner);
      if (others === undefined) this.#waiting.set(owner, [waiting]);
      else others.push(waiting);
    });
  }

  #next(): void {
    for (const [owner, [first, ...others]] of this.#waiting) {
      if (this.#busy.size >= this.#atOnce) return;
      if (first === undefined || this.#busy.has(owner)) continue;
      if (others.length > 0) this.#waiting.set(owner, others);
      else this.#waiting.delete(owner);
      first.begin();
    }
  }

  #remove(owner: string, leaving: Waiting): void {
    const left = (this.#waiting.get(owner) ?? []).filter((waiting) => waiting !== leaving);
    if (left.length > 0) this.#waiting.set(owner, left);
    else this.#waiting.delete(owner);
  }
}
