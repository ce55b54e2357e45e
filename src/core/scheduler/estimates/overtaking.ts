/** The weight of the newest wait: the last sixty or so decide. */
const newestShare = 1 / 64;

/** Shorter waits say more about rounds than about the queue, in milliseconds. */
const shortestWaitMs = 100;

/** The farthest that one wait may be from what was expected, as a factor. */
const most = 8;

/** Mean logarithms of waits divided by the expected waits; null before the first. */
interface Factors {
  first: number | null;
  later: number | null;
}

/**
 * How much longer jobs of each key wait than was expected when they were first asked about. In a fair queue, jobs of other
 * keys that come later may start earlier, which no estimate from what waits now can know. They may do so before each start of
 * the key, so that its first job is distinguished from those behind it.
 */
export class Overtaking {
  readonly #keys = new Map<string, Factors>();

  /**
   * By which factor the wait of a job of this key is longer than it seems.
   *
   * @param isFirst whether it is the first of its key
   */
  factorOf(key: string, isFirst: boolean): number {
    const factors = this.#keys.get(key);
    // Jobs of the only key are not overtaken.
    if (factors === undefined || this.#keys.size < 2) return 1;
    const { first, later } = factors;
    return Math.exp((isFirst ? (first ?? later) : (later ?? first)) ?? 0);
  }

  /** @param expectedMs without the factor */
  waited(key: string, isFirst: boolean, waitedMs: number, expectedMs: number): void {
    if (waitedMs < shortestWaitMs || expectedMs < shortestWaitMs) return;
    let factors = this.#keys.get(key);
    if (factors === undefined) {
      factors = { first: null, later: null };
      this.#keys.set(key, factors);
    }
    const newest = Math.log(Math.min(most, Math.max(1 / most, waitedMs / expectedMs)));
    const { first, later } = factors;
    // If nothing is known about the one, the other is a better estimate than nothing.
    if (isFirst) factors.first = moved(first ?? later, newest);
    else factors.later = moved(later ?? first, newest);
  }
}

function moved(mean: number | null, newest: number): number {
  const before = mean ?? 0;
  return before + (newest - before) * newestShare;
}
