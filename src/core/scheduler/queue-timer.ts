import type { CancelTimer, Clock } from '../base/clock.js';

/**
 * The one timer of a queue in which all may wait equally long: the first in line is always the first to run out of time.
 *
 * It is not set anew whenever another becomes first, which would be at every start. It may then fire too early, and its
 * owner looks whose time is up and calls {@link watch} again: far fewer times than there were firsts.
 */
export class QueueTimer {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #cancel: CancelTimer | undefined;

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Fires at this time on the clock, or at an earlier one that it was set to before. */
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
