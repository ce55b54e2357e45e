/** What to do about an engine process that has died. */
export type RestartDecision =
  | { readonly type: 'restart'; readonly attempt: number; readonly delayMs: number }
  | { readonly type: 'give_up'; readonly retryMs: number };

/** Delays before the restarts. The first is short: most crashes are single events, and streams are waiting. */
const delaysMs = [100, 500, 2000] as const;

/** Deaths within this time of service belong together: after one more than there are delays, restarting does not help. */
const windowMs = 60_000;

/** After giving up, a start may still succeed once memory is free again or a device has returned. */
const slowRetryMs = 60_000;

/** Whether a process that has died too often is given up although it loads its model each time. */
export type Tenacity = 'gives_up' | 'never_gives_up';

/**
 * Decides whether and when an engine is restarted. It gives up when three restarts have not helped: the engine has died
 * four times within a minute of service (not counting the time to load or to detect a hang), or three starts in a row
 * have failed. One that `never_gives_up` keeps restarting as long as its starts succeed, with the longest delay.
 *
 *     death      1st           2nd           3rd           4th within a minute of service
 *     decision   restart in    restart in    restart in    give up, then try every
 *                0.1 s         0.5 s         2 s           60 s until a start succeeds
 */
export class RestartPolicy {
  readonly #tenacity: Tenacity;
  #deathsMs: number[] = [];
  #failedStarts = 0;
  #givenUp = false;

  constructor(tenacity: Tenacity = 'gives_up') {
    this.#tenacity = tenacity;
  }

  /**
   * @param servedMs total time for which there has been a working engine, in milliseconds
   * @param wasReady whether the process had loaded its model
   */
  died(servedMs: number, wasReady: boolean): RestartDecision {
    this.#deathsMs = [...this.#deathsMs.filter((deathMs) => servedMs - deathMs < windowMs), servedMs];
    this.#failedStarts = wasReady ? 0 : this.#failedStarts + 1;
    const deaths = this.#deathsMs.length;
    const tolerated = this.#tenacity === 'gives_up' ? deaths : Math.min(deaths, delaysMs.length);
    const attempt = Math.max(tolerated, this.#failedStarts + 1);
    const delayMs = delaysMs[attempt - 1];
    if (this.#givenUp || delayMs === undefined) {
      this.#givenUp = true;
      return { type: 'give_up', retryMs: slowRetryMs };
    }
    return { type: 'restart', attempt, delayMs };
  }

  /** A process has loaded its model. After giving up, this clears the record. */
  recovered(): void {
    this.#failedStarts = 0;
    if (!this.#givenUp) return;
    this.#givenUp = false;
    this.#deathsMs = [];
  }
}
