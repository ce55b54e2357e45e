import type { CancelTimer, Clock } from '../../src/core/base/clock.js';

/** A process that can be stopped, as SIGSTOP does, and go on: what is due meanwhile happens then, in the same order. */
export class Sleeper implements Clock {
  /** How far its clock is ahead of those of others, in milliseconds. */
  aheadMs = 0;
  readonly #clock: Clock;
  #isAsleep = false;
  #backlog: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isAsleep(): boolean {
    return this.#isAsleep;
  }

  set isAsleep(isAsleep: boolean) {
    this.#isAsleep = isAsleep;
    if (isAsleep) return;
    for (const run of this.#backlog) this.#clock.schedule(0, run);
    this.#backlog = [];
  }

  now(): number {
    return this.#clock.now() + this.aheadMs;
  }

  schedule(delayMs: number, callback: () => void): CancelTimer {
    let isCancelled = false;
    const cancelTimer = this.#clock.schedule(delayMs, () => {
      this.run(() => {
        if (!isCancelled) callback();
      });
    });
    return () => {
      isCancelled = true;
      cancelTimer();
    };
  }

  /** Runs this when the process is awake. */
  run(callback: () => void): void {
    if (this.#isAsleep) this.#backlog.push(callback);
    else callback();
  }
}
