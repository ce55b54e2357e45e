import type { WaitingView } from '../scheduler/job.js';
import type { Scheduler, SchedulerLimits } from '../scheduler/scheduler.js';
import type { InferenceJob } from './inference-job.js';

/** A running request as it is now. */
interface RunningRequest {
  readonly id: string;
  /** Null until the engine has chosen one. */
  readonly slot: number | null;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly runningMs: number;
}

interface WaitingRequest extends WaitingView {
  readonly id: string;
  readonly waitedMs: number;
}

/** Both queues at one moment, as `/v1/queue` shows them. */
export interface QueueSnapshot extends SchedulerLimits {
  readonly slots: number;
  readonly draining: boolean;
  /** Number of requests that are in neither queue yet: their prompts are being prepared. */
  readonly preparing: number;
  readonly running: readonly RunningRequest[];
  readonly waiting: readonly WaitingRequest[];
}

export function queueSnapshot(
  scheduler: Scheduler<InferenceJob>,
  running: Iterable<InferenceJob>,
  { slots, preparing, nowMs }: Pick<QueueSnapshot, 'slots' | 'preparing'> & { readonly nowMs: number },
): QueueSnapshot {
  return {
    ...scheduler.limits,
    slots,
    draining: scheduler.draining,
    preparing,
    running: Array.from(running, (job) => runningRequest(job, nowMs)),
    waiting: Array.from(scheduler.entries(), ({ job, ...entry }) => ({ id: job.id, ...entry })),
  };
}

function runningRequest({ id, slot, prompt, outputTokens, phase }: InferenceJob, nowMs: number): RunningRequest {
  const runningMs = phase.status === 'waiting' ? 0 : nowMs - phase.startedMs;
  return { id, slot, promptTokens: prompt.length, outputTokens, runningMs };
}
