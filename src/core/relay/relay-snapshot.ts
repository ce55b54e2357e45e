import { listed, listedRequest, type Listing, sharedRoom } from '../inference/queue/queue-lists.js';
import type { QueueSnapshot } from '../inference/queue/queue-snapshot.js';
import { costOf } from '../scheduler/fairness/service-charges.js';
import type { QueueEntry } from '../scheduler/jobs/job.js';
import type { ModelLine, RelayJob } from './jobs/relay-job.js';

/** All lines and everything that runs, as `/v1/queue` shows them. Positions are those in the line of the model. */
export function relaySnapshot(
  { lines, running }: { readonly lines: readonly ModelLine[]; readonly running: readonly RelayJob[] },
  limits: Pick<QueueSnapshot, 'maxConcurrency' | 'maxQueue' | 'slots' | 'draining'>,
  { nowMs, ...listing }: Listing & { readonly nowMs: number },
): QueueSnapshot {
  return {
    ...limits,
    preparing: 0,
    runningOutputTokens: running.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
    running: Array.from(
      listed(listing, running, (job) => job),
      (job) => ({
        slot: null,
        cachedTokens: job.cachedTokens,
        outputTokens: job.outputTokens,
        cost: costOf(job),
        runningMs: nowMs - job.startedMs,
        model: job.line.model,
        executor: job.cancelAttempt === null ? null : job.executor,
        ...listedRequest(job),
        ...placesOf(job),
      }),
    ),
    waiting: Array.from(entriesOf(lines, listing), ({ line: { model, scheduler }, job, ...entry }) => ({
      waitsFor: scheduler.waitsFor(job),
      cost: 0,
      model,
      ...listedRequest(job),
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
  { most, payer }: Listing,
): Generator<QueueEntry<RelayJob> & { line: ModelLine }> {
  const shares = sharedRoom(
    lines.map(({ scheduler }) => scheduler.waiting),
    most,
  );
  for (const [index, line] of lines.entries()) {
    const share = { most: shares[index] ?? 0, payer };
    for (const entry of listed(share, line.scheduler.entries(), ({ job }) => job)) yield { line, ...entry };
  }
}
