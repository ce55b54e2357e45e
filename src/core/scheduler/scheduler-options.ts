import type { FairOptions } from './fairness/fair-options.js';

export interface SchedulerLimits {
  /** Size of the processing queue: jobs that may run at once, 1 or more. */
  readonly maxConcurrency: number;
  /** Size of the request queue: jobs that may wait, 0 or more. */
  readonly maxQueue: number;
}

export interface SchedulerOptions extends SchedulerLimits {
  /** Longest wait in the queue in milliseconds; 0 is unlimited. */
  readonly queueTimeoutMs: number;
  /** The most prompt tokens of all waiting jobs together. A job that comes when no other waits is admitted anyway. */
  readonly maxQueuedTokens?: number | null;
  /** The longest expected time to the first token with which a job may begin to wait, in milliseconds; null for any. */
  readonly ttftTargetMs?: number | null;
  /** How several keys share the queue. Without it, jobs start in the order of their arrival. */
  readonly fair?: FairOptions;
}
