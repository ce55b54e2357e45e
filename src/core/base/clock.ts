/** Stops a scheduled callback from running. Calling it twice, or after the callback ran, does nothing. */
export type CancelTimer = () => void;

/**
 * The source of time for everything that waits or decides by time, so that tests can control it. The load generator
 * measures with micros.ts.
 */
export interface Clock {
  /** Monotonic time in milliseconds, with sub-millisecond fractions. Only differences mean anything. */
  now(): number;
  /** Runs `callback` once, `delayMs` milliseconds from now (0 or more). */
  schedule(delayMs: number, callback: () => void): CancelTimer;
}

/** Node refuses longer timers: it would run them at once. About 24.8 days. */
export const longestTimerMs = 2 ** 31 - 1;

/** The machine's monotonic clock. Its timers never keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, longestTimerMs));
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
