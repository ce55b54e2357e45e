import { costOf } from '../../scheduler/fairness/service-charges.js';
import type { JobScheduler } from '../../scheduler/job-scheduler.js';
import type { WaitingView, WaitReason } from '../../scheduler/jobs/job.js';
import type { SchedulerLimits } from '../../scheduler/scheduler.js';
import type { InferenceJob } from './inference-job.js';
import { listed, type ListedRequest, listedRequest, type Listing } from './queue-lists.js';

/** A running request as it is now. */
interface RunningRequest extends ListedRequest {
  /** Null until the engine has chosen one. */
  readonly slot: number | null;
  /** Tokens that needed no prefill; 0 until that is known. */
  readonly cachedTokens: number;
  /** How much of the prompt has been read; left out when all of it has, and while that is not known. */
  readonly prefilledTokens?: number;
  readonly outputTokens: number;
  /** What its key has paid for it so far: see {@link costOf}. */
  readonly cost: number;
  readonly runningMs: number;
  /** With upstream servers: the requested model. */
  readonly model?: string;
  /** With upstream servers: how many places it takes, if several. */
  readonly places?: number;
  /** Where there are several executors: the one that has begun it last; null between two attempts with upstream servers. */
  readonly executor?: string | null;
}

interface WaitingRequest extends ListedRequest, WaitingView {
  readonly waitsFor: WaitReason;
  /** Those that needed no prefill, if it has begun and was paused; left out otherwise. */
  readonly cachedTokens?: number;
  /** As for running ones: 0 unless it has begun. */
  readonly cost: number;
  /** Since it came, or since it was paused. */
  readonly waitedMs: number;
  /** Its output tokens, if it has begun and was paused; left out otherwise. */
  readonly outputTokens?: number;
  /** Where upstream servers generate: each model has its own line. */
  readonly model?: string;
  /** As for running ones. */
  readonly places?: number;
}

/** Both queues at one moment, as `/v1/queue` shows them. */
export interface QueueSnapshot extends SchedulerLimits {
  readonly slots: number;
  readonly draining: boolean;
  /** Number of requests that are in neither queue yet: their prompts are being prepared. */
  readonly preparing: number;
  /** The maximum number of prompt tokens that a round prefills now, if that adapts to a target. */
  readonly prefillChunk?: number | undefined;
  /** Output tokens so far of all requests that have begun, those that are paused included. */
  readonly runningOutputTokens: number;
  readonly running: readonly RunningRequest[];
  readonly waiting: readonly WaitingRequest[];
}

interface Moment extends Pick<QueueSnapshot, 'slots' | 'preparing' | 'prefillChunk'>, Listing {
  readonly nowMs: number;
}

export function queueSnapshot(
  scheduler: JobScheduler<InferenceJob>,
  running: Iterable<InferenceJob>,
  { nowMs, most, payer, ...state }: Moment,
): QueueSnapshot {
  const jobs = [...running];
  const listing = { most, payer };
  const waiting = listed(listing, scheduler.entries(), ({ job }) => job);
  return {
    ...scheduler.limits,
    ...state,
    draining: scheduler.draining,
    runningOutputTokens: [...jobs, ...scheduler.paused].reduce((sum, { outputTokens }) => sum + outputTokens, 0),
    running: Array.from(
      listed(listing, jobs, (job) => job),
      (job) => runningRequest(job, nowMs),
    ),
    waiting: Array.from(waiting, ({ job, ...entry }) => ({
      waitsFor: scheduler.waitsFor(job),
      cost: 0,
      ...listedRequest(job),
      ...entry,
      ...(job.pausedAtMs !== null && {
        waitedMs: nowMs - job.pausedAtMs,
        cachedTokens: job.cachedTokens,
        outputTokens: job.outputTokens,
        cost: costOf(job),
      }),
    })),
  };
}

function runningRequest(job: InferenceJob, nowMs: number): RunningRequest {
  const { slot, cachedTokens, prefilledTokens, outputTokens, phase, executor } = job;
  const runningMs = phase.status === 'waiting' ? 0 : nowMs - phase.startedMs;
  const isReading = phase.status === 'prefilling' && prefilledTokens !== null;
  return {
    ...{ slot, cachedTokens, outputTokens, cost: costOf(job), runningMs },
    ...listedRequest(job),
    ...(isReading && { prefilledTokens }),
    ...(executor !== null && { executor }),
  };
}
