/** How much the newest wait counts: the last thirty or so decide. */
const newestShare = 1 / 32;

/** Shorter waits say more about rounds than about the queue, in milliseconds. */
const shortestWaitMs = 100;

/** The farthest that one wait may be from what was expected, as a factor. */
const most = 8;

/**
 * How much longer jobs of each key wait than was expected when they were first asked about. In a fair queue, jobs of other
 * keys that come later may start earlier, which no estimate from what waits now can know.
 */
export class Overtaking {
  readonly #logarithms = new Map<string, number>();

  /** By how much the wait of a job of this key is longer than it looks. */
  factorOf(key: string): number {
    // Jobs of the only key are not overtaken.
    return this.#logarithms.size < 2 ? 1 : Math.exp(this.#logarithms.get(key) ?? 0);
  }

  /** @param expectedMs without the factor */
  waited(key: string, waitedMs: number, expectedMs: number): void {
    if (waitedMs < shortestWaitMs || expectedMs < shortestWaitMs) return;
    const before = this.#logarithms.get(key) ?? 0;
    const newest = Math.log(Math.min(most, Math.max(1 / most, waitedMs / expectedMs)));
    this.#logarithms.set(key, before + (newest - before) * newestShare);
  }
}
