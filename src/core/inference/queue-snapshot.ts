import type { Demand } from '../scheduler/demand.js';
import type { WaitingView, WaitReason } from '../scheduler/job.js';
import type { Scheduler, SchedulerLimits } from '../scheduler/scheduler.js';
import type { TrafficClass } from '../scheduler/traffic-class.js';
import type { InferenceJob } from './inference-job.js';

/** A running request as it is now. */
interface RunningRequest {
  readonly id: string;
  readonly key: string;
  /** Whose it is, if that is an address: not for clients. */
  readonly payer?: string;
  readonly trafficClass: TrafficClass;
  /** Null until the engine has chosen one. */
  readonly slot: number | null;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly runningMs: number;
  /** Where upstream servers generate: the model that was asked for, and who generates; null between two attempts. */
  readonly model?: string;
  readonly executor?: string | null;
}

interface WaitingRequest extends WaitingView {
  readonly id: string;
  readonly key: string;
  /** Whose it is, if that is an address: not for clients. */
  readonly payer?: string;
  readonly trafficClass: TrafficClass;
  readonly waitsFor: WaitReason;
  readonly waitedMs: number;
  /** Where upstream servers generate: each model has a line of its own. */
  readonly model?: string;
}

/** Both queues at one moment, as `/v1/queue` shows them. */
export interface QueueSnapshot extends SchedulerLimits {
  readonly slots: number;
  readonly draining: boolean;
  /** Number of requests that are in neither queue yet: their prompts are being prepared. */
  readonly preparing: number;
  /** Output tokens of all running requests so far. */
  readonly runningOutputTokens: number;
  readonly running: readonly RunningRequest[];
  readonly waiting: readonly WaitingRequest[];
}

interface Moment extends Pick<QueueSnapshot, 'slots' | 'preparing'> {
  readonly nowMs: number;
  /** How many requests of each queue are listed; the first ones. */
  readonly most: number;
}

export function queueSnapshot(
  scheduler: Scheduler<InferenceJob>,
  running: Iterable<InferenceJob>,
  { slots, preparing, nowMs, most }: Moment,
): QueueSnapshot {
  const jobs = [...running];
  return {
    ...scheduler.limits,
    slots,
    draining: scheduler.draining,
    preparing,
    runningOutputTokens: jobs.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
    running: jobs.slice(0, most).map((job) => runningRequest(job, nowMs)),
    waiting: Array.from(first(most, scheduler.entries()), ({ job, ...entry }) => ({
      id: job.id,
      key: job.demand.key,
      ...payerOf(job.demand),
      trafficClass: job.demand.trafficClass,
      waitsFor: scheduler.waitsFor(job),
      ...entry,
    })),
  };
}

function runningRequest(
  { id, demand, slot, prompt, outputTokens, phase }: InferenceJob,
  nowMs: number,
): RunningRequest {
  const runningMs = phase.status === 'waiting' ? 0 : nowMs - phase.startedMs;
  const { key, trafficClass } = demand;
  return { id, key, ...payerOf(demand), trafficClass, slot, promptTokens: prompt.length, outputTokens, runningMs };
}

/** Left out for keys. */
export function payerOf({ payer }: Demand): { readonly payer?: string } {
  return payer === undefined ? {} : { payer };
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
