import type { RequestOutcome } from '../../client/outcome.js';
import type { Turn } from '../../workload/workload.js';
import { type Extension, needsMore } from '../job/extension.js';
import type { LoadJob } from '../job/load-job.js';
import type { Supply } from '../supply/supply.js';

/** What a load shape needs: something to send, a way to send it, and a time to stop. */
export interface LoadRun {
  readonly window: MeasurementWindow;
  /** The waits of this load; they end when the bench is stopped early. */
  readonly pauses: Pauses;
  readonly supply: Supply;
  /**
   * Sends one request and records its outcome.
   *
   * @param heldUs how long it was held back, in microseconds; null if it was not
   */
  send(
    turn: Turn,
    intendedUs: number,
    phase: Exclude<RequestPhase, 'over'>,
    heldUs?: number | null,
  ): Promise<RequestOutcome>;
  /** A request is due, but held back. */
  readonly hold: () => void;
}

/** Whether a request counts, by when it was meant to be sent. */
export type RequestPhase = 'warm-up' | 'counted' | 'over';

/**
 * The measurement window: from the end of the warm-up until its time is over, or until enough requests have begun.
 * A request counts if it begins in the window, even if it ends later:
 *
 * ```text
 *         start        begin                          end
 *           │  warm-up   │         window              │
 *           ├────────────┼─────────────────────────────┤
 * request   ├──────────────┤ not counted: began in the warm-up
 *                          ├──────┤ counted
 *                                                ├───────────┤ counted: began in the window
 * ```
 *
 * With an extension, the window stays open beyond its end until enough requests have been completed. With a common end, it
 * is also over when enough requests have begun in the other window.
 */
export class MeasurementWindow {
  readonly beginUs: number;
  readonly #endUs: number;
  readonly #extension: Extension | null;
  readonly #commonEnd: Int32Array | null;
  #left: number;
  #extendedUs = 0;
  #closed = false;

  /** @param startUs when the load begins */
  constructor(
    startUs: number,
    {
      warmupMs,
      durationMs,
      requests,
      extension,
      commonEnd,
    }: Pick<LoadJob, 'warmupMs' | 'durationMs' | 'requests' | 'extension' | 'commonEnd'>,
  ) {
    this.beginUs = startUs + warmupMs * 1000;
    this.#endUs = durationMs === null ? Infinity : this.beginUs + durationMs * 1000;
    this.#extension = extension;
    this.#commonEnd = commonEnd ?? null;
    this.#left = requests ?? Infinity;
  }

  /** How long requests continued beyond the end because there were too few, in microseconds; 0 if they did not. */
  get extendedUs(): number {
    return this.#extendedUs;
  }

  /** Nothing more is sent: the bench was stopped, or everything has been sent. */
  close(): void {
    this.#closed = true;
  }

  /**
   * The phase in which the next request is sent. A counted request reduces the number that is left.
   *
   * @param countsAnyway whether it counts even if the window's time is over, or the other window's requests have begun:
   *   otherwise a client whose first request took longer would have measured nothing
   */
  nextPhase(intendedUs: number, countsAnyway = false): RequestPhase {
    if (this.#closed || this.#left <= 0) return 'over';
    if (intendedUs < this.beginUs) return 'warm-up';
    if (this.#hasEndedElsewhere && !countsAnyway) return 'over';
    if (intendedUs >= this.#endUs && !countsAnyway) {
      if (!this.#isExtended(intendedUs)) return 'over';
      this.#extendedUs = intendedUs - this.#endUs;
    }
    this.#left -= 1;
    if (this.#left <= 0 && this.#commonEnd !== null) Atomics.store(this.#commonEnd, 0, 1);
    return 'counted';
  }

  /** Whether nothing more would be sent at this moment. Does not change the number that is left. */
  isOver(atUs: number): boolean {
    if (this.#closed || this.#left <= 0 || this.#hasEndedElsewhere) return true;
    return atUs >= this.#endUs && !this.#isExtended(atUs);
  }

  get #hasEndedElsewhere(): boolean {
    return this.#commonEnd !== null && Atomics.load(this.#commonEnd, 0) === 1;
  }

  #isExtended(intendedUs: number): boolean {
    const extension = this.#extension;
    return extension !== null && intendedUs < this.beginUs + extension.longestMs * 1000 && needsMore(extension);
  }
}

/**
 * Waits that all end when the bench is stopped. All clients share this one object instead of adding a listener each to
 * the signal that stops the bench: Node warns of a leak if there are more than 10.
 */
export class Pauses {
  readonly #waiting = new Set<() => void>();
  #areOver = false;

  /** Whether the bench was stopped: waits end at once. */
  get areOver(): boolean {
    return this.#areOver;
  }

  /** Resolves after `ms` milliseconds, or when {@link end} is called. */
  async wait(ms: number): Promise<void> {
    if (this.#areOver) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiting.add(wake);
    });
  }

  end(): void {
    this.#areOver = true;
    for (const wake of this.#waiting) wake();
  }
}
