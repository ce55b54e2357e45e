/** What to do about an engine that died. */
export type RestartDecision =
  | { readonly action: 'restart'; readonly attempt: number; readonly delayMs: number }
  | { readonly action: 'give_up'; readonly retryMs: number };

/** The first restart is nearly immediate: most crashes are single events, and streams are waiting. */
const delaysMs = [100, 500, 2000] as const;

/** Deaths that belong together: one more than there are restarts within this time of service means that restarting is no help. */
const windowMs = 60_000;

/** An engine that was given up may come back by itself, when memory is free again or a device returns. */
const slowRetryMs = 60_000;

/**
 * Decides whether and when an engine is started again. It gives up when all of three restarts failed: the engine died
 * four times within a minute of service, however long each took to load or to be found hanging, or three times in a row
 * did not even load.
 */
export class RestartPolicy {
  #deathsMs: number[] = [];
  #failedStarts = 0;
  #givenUp = false;

  /**
   * @param servedMs for how long there has been an engine that worked, in milliseconds, since the beginning
   * @param wasReady whether it had loaded, so that it could have served
   */
  died(servedMs: number, wasReady: boolean): RestartDecision {
    this.#deathsMs = [...this.#deathsMs.filter((deathMs) => servedMs - deathMs < windowMs), servedMs];
    this.#failedStarts = wasReady ? 0 : this.#failedStarts + 1;
    const attempt = Math.max(this.#deathsMs.length, this.#failedStarts + 1);
    const delayMs = delaysMs[attempt - 1];
    if (this.#givenUp || delayMs === undefined) {
      this.#givenUp = true;
      return { action: 'give_up', retryMs: slowRetryMs };
    }
    return { action: 'restart', attempt, delayMs };
  }

  /** It has loaded. If it had been given up before, it begins with a clean record. */
  recovered(): void {
    this.#failedStarts = 0;
    if (!this.#givenUp) return;
    this.#givenUp = false;
    this.#deathsMs = [];
  }
}
