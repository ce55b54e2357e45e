import { first, payerOf, type QueueSnapshot } from '../inference/queue-snapshot.js';
import type { QueueEntry } from '../scheduler/job.js';
import type { ModelLine, RelayJob } from './relay-job.js';

/** All lines and everything that runs, as `/v1/queue` shows them. Positions are those in the line of the model. */
export function relaySnapshot(
  { lines, running }: { readonly lines: Iterable<ModelLine>; readonly running: Iterable<RelayJob> },
  limits: Pick<QueueSnapshot, 'maxConcurrency' | 'maxQueue' | 'slots' | 'draining'>,
  nowMs: number,
  most: number,
): QueueSnapshot {
  const jobs = [...running];
  return {
    ...limits,
    preparing: 0,
    runningOutputTokens: jobs.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
    running: jobs.slice(0, most).map((job) => ({
      id: job.id,
      key: job.demand.key,
      ...payerOf(job.demand),
      trafficClass: job.demand.trafficClass,
      slot: null,
      promptTokens: job.promptTokens,
      outputTokens: job.outputTokens,
      runningMs: nowMs - job.startedMs,
      model: job.line.model,
      executor: job.cancelAttempt === null ? null : job.executor,
    })),
    waiting: Array.from(first(most, entriesOf(lines)), ({ line: { model, scheduler }, job, ...entry }) => ({
      id: job.id,
      key: job.demand.key,
      ...payerOf(job.demand),
      trafficClass: job.demand.trafficClass,
      waitsFor: scheduler.waitsFor(job),
      model,
      ...entry,
    })),
  };
}

function* entriesOf(lines: Iterable<ModelLine>): Generator<QueueEntry<RelayJob> & { line: ModelLine }> {
  for (const line of lines) {
    for (const entry of line.scheduler.entries()) yield { line, ...entry };
  }
}
