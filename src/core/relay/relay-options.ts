import type { RateLimiter } from '../scheduler/rate-limits/rate-limiter.js';
import type { SchedulerOptions } from '../scheduler/scheduler.js';

export interface RelayOptions extends Omit<SchedulerOptions, 'maxConcurrency'> {
  /** The maximum number of generations at once; null for as many as the upstreams have places. */
  readonly maxConcurrency: number | null;
  /** Names that stand for the first model, and `*` for any name. */
  readonly aliases: readonly string[];
  /** Limits of keys over time. */
  readonly rates?: RateLimiter;
}
