import type { CancelTimer, Clock } from '../../base/clock.js';
import type { Loading } from '../loading.js';

/**
 * A start that takes long. Nothing ends it, because it is unknown how long a model takes to load, and the operator can.
 */
export interface SlowStart {
  readonly waitedMs: number;
  /** The current step; null if the process has not reported one. */
  readonly loading: Loading | null;
  /** How long nothing has changed, in milliseconds; 0 if something has since the last report, or the start. */
  readonly unchangedMs: number;
}

/** How often an unfinished start is reported, in milliseconds. */
export const slowStartMs = 30_000;

/** Reports a start that takes long, repeatedly until it is over. */
export class StartWatch {
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #report: (slow: SlowStart) => void;
  #cancelTimer: CancelTimer | null = null;
  #loading: Loading | null = null;
  #changedMs = 0;
  #advances = false;

  constructor(intervalMs: number, clock: Clock, report: (slow: SlowStart) => void) {
    this.#intervalMs = intervalMs;
    this.#clock = clock;
    this.#report = report;
  }

  begin(): void {
    const beganMs = this.#clock.now();
    this.#changedMs = beganMs;
    const wait = (): void => {
      this.#cancelTimer = this.#clock.schedule(this.#intervalMs, () => {
        const nowMs = this.#clock.now();
        const unchangedMs = this.#advances ? 0 : nowMs - this.#changedMs;
        this.#report({ waitedMs: nowMs - beganMs, loading: this.#loading, unchangedMs });
        this.#advances = false;
        wait();
      });
    };
    wait();
  }

  progressed(loading: Loading): void {
    this.#loading = loading;
    this.#changedMs = this.#clock.now();
    this.#advances = true;
  }

  end(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}
