import type { WaitingView } from '../scheduler/job.js';
import type { Scheduler, SchedulerLimits } from '../scheduler/scheduler.js';
import type { TrafficClass } from '../scheduler/traffic-class.js';
import type { InferenceJob } from './inference-job.js';

/** A running request as it is now. */
interface RunningRequest {
  readonly id: string;
  readonly key: string;
  readonly trafficClass: TrafficClass;
  /** Null until the engine has chosen one. */
  readonly slot: number | null;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly runningMs: number;
  /** Where upstream servers generate: the model that was asked for. */
  readonly model?: string;
  /** Where there are several executors: the one that has begun it last; null between two attempts with upstream servers. */
  readonly executor?: string | null;
}

interface WaitingRequest extends WaitingView {
  readonly id: string;
  readonly key: string;
  readonly trafficClass: TrafficClass;
  /** Whether its key runs as many as it may, so that it waits for one of these to end. */
  readonly isKeyFull: boolean;
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

interface Moment extends SchedulerLimits, Pick<QueueSnapshot, 'slots' | 'preparing'> {
  readonly nowMs: number;
  /** How many requests of each queue are listed; the first ones. */
  readonly most: number;
}

export function queueSnapshot(
  scheduler: Scheduler<InferenceJob>,
  running: Iterable<InferenceJob>,
  { maxConcurrency, maxQueue, slots, preparing, nowMs, most }: Moment,
): QueueSnapshot {
  const jobs = [...running];
  return {
    ...{ maxConcurrency, maxQueue, slots },
    draining: scheduler.draining,
    preparing,
    runningOutputTokens: jobs.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
    running: jobs.slice(0, most).map((job) => runningRequest(job, nowMs)),
    waiting: Array.from(first(most, scheduler.entries()), ({ job, ...entry }) => ({
      id: job.id,
      key: job.demand.key,
      trafficClass: job.demand.trafficClass,
      isKeyFull: scheduler.isKeyFull(job.demand.key),
      ...entry,
    })),
  };
}

function runningRequest(
  { id, demand, slot, prompt, outputTokens, phase, executor }: InferenceJob,
  nowMs: number,
): RunningRequest {
  const runningMs = phase.status === 'waiting' ? 0 : nowMs - phase.startedMs;
  const { key, trafficClass } = demand;
  const work = { slot, promptTokens: prompt.length, outputTokens, runningMs };
  return { id, key, trafficClass, ...work, ...(executor !== null && { executor }) };
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
