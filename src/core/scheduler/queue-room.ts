import { rateLimitedError } from '../base/key-refusals.js';
import { drainingError, queuedTokensError, queueFullError } from '../base/queue-refusals.js';
import type { SchedulerLimits } from './scheduler-options.js';

/**
 * How full the queues are, and how full they may be. The scheduler itself is one: to make an object for each admission took
 * several times as long as the rest of it.
 */
export interface QueueState {
  readonly limits: SchedulerLimits;
  /** The most prompt tokens of all waiting jobs together; null for any number. */
  readonly maxQueuedTokens: number | null;
  readonly running: number;
  readonly waiting: number;
  /** Prompt tokens of all waiting jobs. */
  readonly queuedTokens: number;
  readonly draining: boolean;
  /** Free places that are held back for some keys and classes. */
  readonly heldPlaces: number;
}

/** A key's own limits. */
export interface KeyRoom {
  readonly waiting: number;
  readonly maxWaiting: number | null;
  /** How many more of its jobs may run. */
  readonly mayStart: number;
}

/** How many more jobs could be admitted now, to run or to wait, of those for whom no places are held back. */
export function vacanciesIn(state: QueueState): number {
  const { draining, limits, waiting } = state;
  // After a resize there may be more waiting than the limits allow.
  return draining ? 0 : Math.max(0, freePlaces(state) + limits.maxQueue - waiting);
}

/** Places that all may take. After a resize there may be more running than the limits allow. */
function freePlaces({ limits, running, heldPlaces }: QueueState): number {
  return Math.max(0, limits.maxConcurrency - running - heldPlaces);
}

/** Whether a job can be admitted if `pending` others come first. @throws ChatstreamError `queue_full`, `draining` */
export function assertVacancyIn(state: QueueState, pending: number, retryAfterSeconds: () => number): void {
  if (state.draining) throw drainingError(retryAfterSeconds());
  if (vacanciesIn(state) <= pending) {
    const { limits, running, waiting } = state;
    throw queueFullError({ ...limits, running, waiting, pending }, retryAfterSeconds());
  }
}

/** Whether jobs with such prompts, in tokens, can be admitted together. @throws ChatstreamError `queue_full` */
export function assertTokensFit(state: QueueState, prompts: readonly number[], retryAfterSeconds: () => number): void {
  const { maxQueuedTokens: most, queuedTokens, waiting } = state;
  // A prompt that is longer than the limit must have its chance.
  if (most === null || waiting === 0) return;
  const tokens = prompts.reduce((sum, each) => sum + each, 0);
  if (queuedTokens + tokens > most) throw queuedTokensError(queuedTokens, tokens, most, retryAfterSeconds());
}

/**
 * Whether a key may have so many more jobs wait: those that could start at once do not count.
 *
 * @throws ChatstreamError `rate_limited`
 */
export function assertKeyFits(
  key: string,
  jobs: number,
  { waiting, maxWaiting, mayStart }: KeyRoom,
  state: QueueState,
  retryAfterSeconds: () => number,
): void {
  if (maxWaiting === null) return;
  const free = state.waiting === 0 ? freePlaces(state) : 0;
  const waits = jobs - Math.min(jobs, free, mayStart);
  if (waits === 0 || waiting + waits <= maxWaiting) return;
  throw rateLimitedError(key, `${maxWaiting} waiting requests`, retryAfterSeconds());
}
