import type { Job } from './jobs/job.js';
import type { Scheduler } from './scheduler.js';

/** What the owner of jobs needs from a scheduler: its own, or one in another process. */
export interface JobScheduler<J extends Job> extends Pick<
  Scheduler<J>,
  | 'events'
  | 'limits'
  | 'room'
  | 'paused'
  | 'running'
  | 'waiting'
  | 'queuedTokens'
  | 'draining'
  | 'oldestAdmittedMs'
  | 'hasReserved'
  | 'admit'
  | 'release'
  | 'withdraw'
  | 'keepToTarget'
  | 'resize'
  | 'confine'
  | 'hold'
  | 'configureKeys'
  | 'waitsFor'
  | 'countCached'
  | 'countOutput'
  | 'drain'
  | 'turnAwayWaiting'
  | 'view'
  | 'entries'
  | 'retryAfterSeconds'
> {
  /**
   * Only of one that another process has: resolves when that has decided about jobs that were admitted. Those that it refuses
   * have been turned away by then.
   */
  accepted?(jobs: readonly J[]): Promise<void>;
}
