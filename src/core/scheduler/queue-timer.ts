import type { CancelTimer, Clock } from '../base/clock.js';

/**
 * The only timer of a queue in which every job may wait equally long: the first in line is always the first to run out of
 * time.
 *
 * The timer is not restarted whenever another job becomes first, which would be at every start. It may therefore fire too
 * early; its owner then checks which jobs are late and calls {@link watch} again. That happens far less often than the
 * first in line changes.
 */
export class QueueTimer {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #cancel: CancelTimer | undefined;

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Fires at this time on the clock, or earlier if an earlier time was already set. */
  watch(dueMs: number): void {
    this.#cancel ??= this.#clock.schedule(Math.max(0, dueMs - this.#clock.now()), () => {
      this.#cancel = undefined;
      this.#onDue();
    });
  }

  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
