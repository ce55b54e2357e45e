/** How much an older state counts, each time another one has been used or given up. */
const decay = 0.95;

/** The assumption before anything is known: one of four is used. It counts as much as this many states. */
const assumed = { used: 1, states: 4 };

/** The minimum share that is assumed to be used, because states that are not saved can never turn out to be useful. */
const leastShare = 1 / 64;

/** The share of recently saved states that were used before they were evicted. */
export class Usefulness {
  #used = assumed.used;
  #states = assumed.states;

  /** Records what happened to a state: it was restored for the first time, or evicted without that. */
  observe(isUsed: boolean): void {
    this.#used = this.#used * decay + (isUsed ? 1 : 0);
    this.#states = this.#states * decay + 1;
  }

  /** From a 64th to 1. */
  get share(): number {
    return Math.max(leastShare, this.#used / this.#states);
  }
}
