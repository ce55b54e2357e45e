import type { QueueSnapshot } from '../inference/queue-snapshot.js';
import type { ModelLine, RelayJob } from './relay-job.js';

/** All lines and everything that runs, as `/v1/queue` shows them. Positions are those in the line of the model. */
export function relaySnapshot(
  { lines, running }: { readonly lines: Iterable<ModelLine>; readonly running: Iterable<RelayJob> },
  limits: Pick<QueueSnapshot, 'maxConcurrency' | 'maxQueue' | 'slots' | 'draining'>,
  nowMs: number,
): QueueSnapshot {
  return {
    ...limits,
    preparing: 0,
    running: Array.from(running, (job) => ({
      id: job.id,
      key: job.demand.key,
      trafficClass: job.demand.trafficClass,
      slot: null,
      promptTokens: job.promptTokens,
      outputTokens: job.outputTokens,
      runningMs: nowMs - job.startedMs,
      model: job.line.model,
      executor: job.cancelAttempt === null ? null : job.executor,
    })),
    waiting: [...lines].flatMap(({ model, scheduler }) =>
      Array.from(scheduler.entries(), ({ job, ...entry }) => ({
        id: job.id,
        key: job.demand.key,
        trafficClass: job.demand.trafficClass,
        isKeyFull: scheduler.isKeyFull(job.demand.key),
        model,
        ...entry,
      })),
    ),
  };
}
