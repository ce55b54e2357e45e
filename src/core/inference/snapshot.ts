import type { SchedulerLimits, WaitingView } from '../scheduler/scheduler.js';

/** A running generation as it looks now. */
interface RunningView {
  readonly id: string;
  /** Null until the engine has chosen one. */
  readonly slot: number | null;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly runningMs: number;
}

/** Both queues at one moment. */
export interface QueueSnapshot extends SchedulerLimits {
  readonly slots: number;
  readonly draining: boolean;
  readonly running: readonly RunningView[];
  readonly waiting: readonly WaitingView[];
}
