import { availableParallelism } from 'node:os';
import type { Load } from '../plan/options.js';
import { inThreadLoad } from './in-thread.js';
import { inWorkersLoad } from './in-workers.js';
import type { LoadGenerator } from './load-generator.js';

/** Events per second for one thread: a third of what was measured to take half a core (benchmarks/bench), as they come in bursts. */
const eventsPerWorker = 10_000;

/** Tokens per second of one stream: readers are happy with less, and few servers give more to many at once. */
const assumedTokensPerSecond = 50;

/**
 * How many threads the load needs: one as long as it can do it, at most one fewer than there are cores, which have a
 * server to run too.
 *
 * @param outputTokens the longest answer that is planned
 */
export function chooseWorkers(load: Load, outputTokens: number): number {
  const events =
    load.type === 'closed' ? Math.max(...load.concurrency) * assumedTokensPerSecond : load.rate * outputTokens;
  const most = Math.max(1, availableParallelism() - 1);
  return Math.min(most, Math.max(1, Math.ceil(events / eventsPerWorker)));
}

export function createLoad(workers: number): LoadGenerator {
  return workers === 1 ? inThreadLoad() : inWorkersLoad(workers);
}
