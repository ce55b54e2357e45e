import type { CancelTimer, Clock } from '../../src/core/base/clock.js';

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test turns it. It starts at 0. */
export class VirtualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #nowMs = 0;

  now(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, callback: () => void): CancelTimer {
    const timer: Timer = { dueMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Timers that have neither run nor been cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Moves time on by `ms`, running every timer on the way at its own time, also those that other timers schedule. Ties
   * run in the order in which they were scheduled.
   */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    while (this.#runNext(endMs));
    this.#arriveAt(endMs);
  }

  /** Like {@link advance}, but before the first and after every timer all promise callbacks get to run. */
  async advanceAsync(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    while (this.#runNext(endMs)) await settle();
    this.#arriveAt(endMs);
  }

  /** Moves time on by `ms` as a suspended machine does: what was due meanwhile is late, and runs at the next advance. */
  sleep(ms: number): void {
    this.#nowMs += ms;
  }

  /** A callback that moved time on itself may have gone further. */
  #arriveAt(endMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  #runNext(endMs: number): boolean {
    const next = this.#earliest();
    if (next === undefined || next.dueMs > endMs) return false;
    this.#timers.delete(next);
    this.#arriveAt(next.dueMs);
    next.callback();
    return true;
  }

  /** A set iterates in the order of insertion, so the first of several equals was scheduled first. */
  #earliest(): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.#timers) {
      if (earliest === undefined || timer.dueMs < earliest.dueMs) earliest = timer;
    }
    return earliest;
  }
}

/** The event loop runs an immediate only after the queue of promise callbacks is empty, however long the chain. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
