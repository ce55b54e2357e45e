import { first, ofPayer, type QueueSnapshot, sharedRoom } from '../inference/queue-snapshot.js';
import { costOf } from '../scheduler/fairness/service-charges.js';
import type { QueueEntry } from '../scheduler/jobs/job.js';
import type { ModelLine, RelayJob } from './relay-job.js';

/** All lines and everything that runs, as `/v1/queue` shows them. Positions are those in the line of the model. */
export function relaySnapshot(
  { lines, running }: { readonly lines: readonly ModelLine[]; readonly running: readonly RelayJob[] },
  limits: Pick<QueueSnapshot, 'maxConcurrency' | 'maxQueue' | 'slots' | 'draining'>,
  { nowMs, most, payer }: { readonly nowMs: number; readonly most: number; readonly payer: string | null },
): QueueSnapshot {
  return {
    ...limits,
    preparing: 0,
    runningOutputTokens: running.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
    running: Array.from(
      first(
        most,
        ofPayer(payer, running, (job) => job),
      ),
      (job) => ({
        id: job.id,
        key: job.demand.key,
        trafficClass: job.demand.trafficClass,
        slot: null,
        promptTokens: job.promptTokens,
        cachedTokens: job.cachedTokens,
        outputTokens: job.outputTokens,
        cost: costOf(job),
        runningMs: nowMs - job.startedMs,
        model: job.line.model,
        ...placesOf(job),
        executor: job.cancelAttempt === null ? null : job.executor,
      }),
    ),
    waiting: Array.from(entriesOf(lines, most, payer), ({ line: { model, scheduler }, job, ...entry }) => ({
      id: job.id,
      key: job.demand.key,
      trafficClass: job.demand.trafficClass,
      waitsFor: scheduler.waitsFor(job),
      promptTokens: job.promptTokens,
      cost: 0,
      model,
      ...placesOf(job),
      ...entry,
    })),
  };
}

/** Only where it is more than one. */
function placesOf({ places }: RelayJob): { readonly places?: number } {
  return places > 1 ? { places } : {};
}

/** The heads of all lines. */
function* entriesOf(
  lines: readonly ModelLine[],
  most: number,
  payer: string | null,
): Generator<QueueEntry<RelayJob> & { line: ModelLine }> {
  const shares = sharedRoom(
    lines.map(({ scheduler }) => scheduler.waiting),
    most,
  );
  for (const [index, line] of lines.entries()) {
    const entries = ofPayer(payer, line.scheduler.entries(), ({ job }) => job);
    for (const entry of first(shares[index] ?? 0, entries)) yield { line, ...entry };
  }
}
