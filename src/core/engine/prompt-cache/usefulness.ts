/** How much an older state counts, each time another one has been used or given up. */
const decay = 0.95;

/** What is assumed before anything is known: one of four is used. It counts as much as so many states. */
const assumed = { used: 1, states: 4 };

/** At least this share is assumed to be used: states that are not saved can never turn out to be useful. */
const leastShare = 1 / 64;

/** Which share of the states that were saved lately was used before it was given up. */
export class Usefulness {
  #used = assumed.used;
  #states = assumed.states;

  /** Notes what became of a state: it was restored for the first time, or given up without that. */
  observe(isUsed: boolean): void {
    this.#used = this.#used * decay + (isUsed ? 1 : 0);
    this.#states = this.#states * decay + 1;
  }

  /** From a 64th to 1. */
  get share(): number {
    return Math.max(leastShare, this.#used / this.#states);
  }
}
