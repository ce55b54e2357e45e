import type { Scheduler, SchedulerLimits } from '../scheduler/scheduler.js';
import type { WaitingView } from '../scheduler/waiting-view.js';
import type { Generation } from './generation.js';

/** A running generation as it looks now. */
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

/** Both queues at one moment. */
export interface QueueSnapshot extends SchedulerLimits {
  readonly slots: number;
  readonly draining: boolean;
  readonly running: readonly RunningRequest[];
  readonly waiting: readonly WaitingRequest[];
}

export function snapshotOf(
  scheduler: Scheduler<Generation>,
  running: Iterable<Generation>,
  slots: number,
  nowMs: number,
): QueueSnapshot {
  return {
    ...scheduler.limits,
    slots,
    draining: scheduler.draining,
    running: Array.from(running, (generation) => runningRequest(generation, nowMs)),
    waiting: Array.from(scheduler.entries(), ({ job, ...entry }) => ({ id: job.id, ...entry })),
  };
}

function runningRequest({ id, slot, prompt, outputTokens, phase }: Generation, nowMs: number): RunningRequest {
  const runningMs = phase.name === 'waiting' ? 0 : nowMs - phase.startedMs;
  return { id, slot, promptTokens: prompt.length, outputTokens, runningMs };
}
