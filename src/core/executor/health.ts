import type { Clock } from '../base/clock.js';

export interface HealthOptions {
  /** Failures in a row after which nothing more is sent, 1 or more. */
  readonly failuresToOpen: number;
  /** How long it is then left alone before it is tried again, in milliseconds; doubles after each failed attempt. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

export const usualHealth: HealthOptions = { failuresToOpen: 3, firstPauseMs: 1000, longestPauseMs: 15_000 };

type State =
  | { readonly status: 'closed'; readonly failures: number }
  | { readonly status: 'open'; readonly untilMs: number; readonly pauseMs: number }
  | { readonly status: 'half_open'; readonly pauseMs: number };

/**
 * Whether something that can fail is worth being asked: a circuit breaker. After several failures in a row it opens, and
 * nothing is sent. From time to time one probe asks; if it is answered, the breaker is half open, and one generation is
 * tried. When that begins, or a second probe is answered, it is closed. Knows nothing of HTTP, and has no timers.
 */
export class Health {
  readonly #clock: Clock;
  readonly #options: HealthOptions;
  #state: State;

  /** @param isTried whether it starts closed; otherwise, the first probe decides */
  constructor(clock: Clock, options: HealthOptions, isTried: boolean) {
    this.#clock = clock;
    this.#options = options;
    this.#state = isTried
      ? { status: 'closed', failures: 0 }
      : { status: 'open', untilMs: clock.now(), pauseMs: options.firstPauseMs / 2 };
  }

  get status(): 'ready' | 'trying' | 'down' {
    if (this.#state.status === 'open') return 'down';
    return this.#state.status === 'half_open' ? 'trying' : 'ready';
  }

  /** How long it is still left alone, in milliseconds; 0 if a probe may ask now. */
  get pauseMs(): number {
    return this.#state.status === 'open' ? Math.max(0, this.#state.untilMs - this.#clock.now()) : 0;
  }

  /** A generation has begun. It may still fail. */
  begun(): void {
    if (this.#state.status === 'half_open') this.#state = { status: 'closed', failures: 0 };
  }

  /** A request has been answered, from the beginning to the end. */
  succeeded(): void {
    // Anything that began before it went down says nothing about now.
    if (this.#state.status !== 'open') this.#state = { status: 'closed', failures: 0 };
  }

  /**
   * A generation or a probe has failed.
   *
   * @param isCertain whether there is no doubt that it is down, such as a refused connection
   */
  failed(isCertain: boolean): void {
    const { failuresToOpen, firstPauseMs, longestPauseMs } = this.#options;
    const state = this.#state;
    switch (state.status) {
      case 'closed': {
        const failures = state.failures + 1;
        if (isCertain || failures >= failuresToOpen) this.#open(firstPauseMs);
        else this.#state = { status: 'closed', failures };
        return;
      }
      case 'half_open':
        this.#open(Math.min(longestPauseMs, state.pauseMs * 2));
        return;
      case 'open':
        // Requests that were in progress when it went down fail one after the other; only later requests count.
        if (this.pauseMs === 0) this.#open(Math.min(longestPauseMs, state.pauseMs * 2));
    }
  }

  /** A probe was answered. */
  probed(): void {
    const state = this.#state;
    switch (state.status) {
      case 'open':
        this.#state = { status: 'half_open', pauseMs: state.pauseMs };
        return;
      case 'half_open':
        this.#state = { status: 'closed', failures: 0 };
        return;
      case 'closed':
        return;
    }
  }

  #open(pauseMs: number): void {
    this.#state = { status: 'open', untilMs: this.#clock.now() + pauseMs, pauseMs };
  }
}
