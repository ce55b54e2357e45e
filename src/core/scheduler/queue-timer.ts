import type { CancelTimer, Clock } from '../base/clock.js';

/** Timers may fire early by up to this much, in milliseconds: what is due within it counts as due. */
export const timerToleranceMs = 0.5;

/**
 * One timer for many jobs that run out of time one after another.
 *
 * It is not restarted each time another job becomes the first, which happens at every start. It may therefore fire too early; its
 * owner then checks which jobs are late and calls {@link watch} again. This happens far less often than the first job changes.
 */
export class QueueTimer {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #dueMs = Infinity;
  #cancel: CancelTimer | undefined;

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Fires at this time on the clock, or earlier if an earlier time was already set. */
  watch(dueMs: number): void {
    if (dueMs < this.#dueMs) this.cancel();
    else if (this.#cancel !== undefined) return;
    this.#dueMs = dueMs;
    this.#cancel = this.#clock.schedule(Math.max(0, dueMs - this.#clock.now()), () => {
      this.#cancel = undefined;
      this.#dueMs = Infinity;
      this.#onDue();
    });
  }

  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#dueMs = Infinity;
  }
}
