import { costOf } from '../scheduler/fairness/service-charges.js';
import type { JobScheduler } from '../scheduler/job-scheduler.js';
import type { Job, WaitingView, WaitReason } from '../scheduler/jobs/job.js';
import type { TrafficClass } from '../scheduler/jobs/traffic-class.js';
import type { SchedulerLimits } from '../scheduler/scheduler.js';
import type { InferenceJob } from './inference-job.js';

/** A running request as it is now. */
interface RunningRequest {
  readonly id: string;
  readonly key: string;
  readonly trafficClass: TrafficClass;
  /** Null until the engine has chosen one. */
  readonly slot: number | null;
  readonly promptTokens: number;
  /** Those that needed no prefill; 0 until that is known. */
  readonly cachedTokens: number;
  /** How much of the prompt has been read; left out when all of it has, and while that is not known. */
  readonly prefilledTokens?: number;
  readonly outputTokens: number;
  /** What its key has paid for it so far: see {@link costOf}. */
  readonly cost: number;
  readonly runningMs: number;
  /** Where upstream servers generate: the model that was asked for. */
  readonly model?: string;
  /** Where upstream servers generate: how many places it takes, if they are several. */
  readonly places?: number;
  /** Where there are several executors: the one that has begun it last; null between two attempts with upstream servers. */
  readonly executor?: string | null;
}

interface WaitingRequest extends WaitingView {
  readonly id: string;
  readonly key: string;
  readonly trafficClass: TrafficClass;
  readonly waitsFor: WaitReason;
  readonly promptTokens: number;
  /** Those that needed no prefill, if it has begun and was paused; left out otherwise. */
  readonly cachedTokens?: number;
  /** As for running ones: 0 unless it has begun. */
  readonly cost: number;
  /** Since it came, or since it was paused. */
  readonly waitedMs: number;
  /** Its output tokens, if it has begun and was paused; left out otherwise. */
  readonly outputTokens?: number;
  /** Where upstream servers generate: each model has a line of its own. */
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
  /** The most prompt tokens that a round prefills now, where that adapts to a target. */
  readonly prefillChunk?: number | undefined;
  /** Output tokens so far of all requests that have begun, those that are paused included. */
  readonly runningOutputTokens: number;
  readonly running: readonly RunningRequest[];
  readonly waiting: readonly WaitingRequest[];
}

interface Moment extends Pick<QueueSnapshot, 'slots' | 'preparing' | 'prefillChunk'> {
  readonly nowMs: number;
  /** How many requests of each queue are listed; the first ones. */
  readonly most: number;
  /** Only the requests of this key, or of this address without a key, are listed; null for all. */
  readonly payer: string | null;
}

export function queueSnapshot(
  scheduler: JobScheduler<InferenceJob>,
  running: Iterable<InferenceJob>,
  { nowMs, most, payer, ...state }: Moment,
): QueueSnapshot {
  const jobs = [...running];
  return {
    ...scheduler.limits,
    ...state,
    draining: scheduler.draining,
    runningOutputTokens: [...jobs, ...scheduler.paused].reduce((sum, { outputTokens }) => sum + outputTokens, 0),
    running: Array.from(
      first(
        most,
        ofPayer(payer, jobs, (job) => job),
      ),
      (job) => runningRequest(job, nowMs),
    ),
    waiting: Array.from(
      first(
        most,
        ofPayer(payer, scheduler.entries(), ({ job }) => job),
      ),
      ({ job, ...entry }) => ({
        id: job.id,
        key: job.demand.key,
        trafficClass: job.demand.trafficClass,
        waitsFor: scheduler.waitsFor(job),
        promptTokens: job.promptTokens,
        cost: 0,
        ...entry,
        ...(job.pausedAtMs !== null && {
          waitedMs: nowMs - job.pausedAtMs,
          cachedTokens: job.cachedTokens,
          outputTokens: job.outputTokens,
          cost: costOf(job),
        }),
      }),
    ),
  };
}

function runningRequest(job: InferenceJob, nowMs: number): RunningRequest {
  const { id, demand, slot, promptTokens, cachedTokens, prefilledTokens, outputTokens, phase, executor } = job;
  const runningMs = phase.status === 'waiting' ? 0 : nowMs - phase.startedMs;
  const { key, trafficClass } = demand;
  const isReading = phase.status === 'prefilling' && prefilledTokens !== null;
  return {
    ...{ id, key, trafficClass, slot, promptTokens, cachedTokens, outputTokens, cost: costOf(job), runningMs },
    ...(isReading && { prefilledTokens }),
    ...(executor !== null && { executor }),
  };
}

/** @param payer whose items: the name of a key, or an address that has none; null for those of all */
export function* ofPayer<T>(payer: string | null, items: Iterable<T>, jobOf: (item: T) => Job): Generator<T> {
  for (const item of items) if (payer === null || payerOf(jobOf(item)) === payer) yield item;
}

function payerOf({ demand }: Job): string {
  return demand.payer ?? demand.key;
}

/**
 * How many entries of each line are listed: a long line leaves as much room for the others as they need for an equal part.
 *
 * @param lengths how many entries each line has
 * @param most how many are listed of all together
 */
export function sharedRoom(lengths: readonly number[], most: number): readonly number[] {
  const shares = lengths.map(() => 0);
  let left = most;
  const shortestFirst = [...lengths.entries()].toSorted(([, one], [, other]) => one - other);
  for (const [rank, [line, length]] of shortestFirst.entries()) {
    const share = Math.min(length, Math.ceil(left / (lengths.length - rank)));
    shares[line] = share;
    left -= share;
  }
  return shares;
}

/** The first items, without asking for more. */
export function* first<T>(most: number, items: Iterable<T>): Generator<T> {
  let left = most;
  if (left <= 0) return;
  for (const item of items) {
    yield item;
    left -= 1;
    if (left === 0) return;
  }
}
