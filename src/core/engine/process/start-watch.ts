import type { CancelTimer, Clock } from '../../base/clock.js';
import type { Loading } from '../loading.js';

/** A start that takes long. Nothing ends it: how long a model takes to load is unknown, and the operator can. */
export interface SlowStart {
  readonly waitedMs: number;
  /** What it does now; null if the process has not said. */
  readonly loading: Loading | null;
  /** Whether that has changed since the last report. */
  readonly advances: boolean;
}

/** How often a start is reported that is not over, in milliseconds. */
export const slowStartMs = 30_000;

/** Reports a start that takes long, again and again until it is over. */
export class StartWatch {
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #report: (slow: SlowStart) => void;
  #cancelTimer: CancelTimer | null = null;
  #loading: Loading | null = null;
  #advances = false;

  constructor(intervalMs: number, clock: Clock, report: (slow: SlowStart) => void) {
    this.#intervalMs = intervalMs;
    this.#clock = clock;
    this.#report = report;
  }

  begin(): void {
    const beganMs = this.#clock.now();
    const wait = (): void => {
      this.#cancelTimer = this.#clock.schedule(this.#intervalMs, () => {
        const waitedMs = this.#clock.now() - beganMs;
        this.#report({ waitedMs, loading: this.#loading, advances: this.#advances });
        this.#advances = false;
        wait();
      });
    };
    wait();
  }

  progressed(loading: Loading): void {
    this.#loading = loading;
    this.#advances = true;
  }

  end(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}
