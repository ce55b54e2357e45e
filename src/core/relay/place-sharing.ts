import { freePlaces } from '../executor/executor.js';
import type { RelayExecutor } from './attempts.js';
import type { ModelLine } from './relay-job.js';

/** How many places there are now for a model. */
function placesFor(executors: readonly RelayExecutor[], model: string): number {
  return executors.reduce((sum, executor) => sum + (executor.serves(model) ? freePlaces(executor) : 0), 0);
}

/**
 * Lets waiting requests start while there are places. Lines that share an upstream take turns: of those that are next in
 * their lines, a request of a higher class starts first, and of one class the one that has waited for longest. A line whose
 * first requests wait for their own key to end something passes.
 *
 * @param lines their schedulers start requests while this runs, each of which takes a place at once
 * @param room how many more may run in all lines together
 */
export function sharePlaces(
  lines: readonly ModelLine[],
  executors: readonly RelayExecutor[],
  room: () => number,
): void {
  const free = ({ model }: ModelLine): number => Math.max(0, Math.min(room(), placesFor(executors, model)));
  const passed = new Set<ModelLine>();
  for (;;) {
    const able = lines.filter((line) => line.scheduler.waiting > 0 && !passed.has(line) && free(line) > 0);
    const line = nextOf(able);
    if (line === null) break;
    const { running } = line.scheduler;
    const { waiting } = line.scheduler;
    line.scheduler.resize({ maxConcurrency: running + 1 });
    if (line.scheduler.waiting === waiting) passed.add(line);
  }
  // A request that comes next starts at once if there is a place for it.
  for (const line of lines) line.scheduler.resize({ maxConcurrency: line.scheduler.running + free(line) });
}

function nextOf(lines: readonly ModelLine[]): ModelLine | null {
  const [only, ...others] = lines;
  if (only === undefined || others.length === 0) return only ?? null;
  const first = lines.map(headOf).reduce((best, head) => (goesBefore(head, best) ? head : best));
  return first.line;
}

interface Head {
  readonly line: ModelLine;
  /** See `Scheduler.rankOf`. */
  readonly rank: number;
  readonly waitedMs: number;
}

/** The request that starts next. */
function headOf(line: ModelLine): Head {
  const { scheduler } = line;
  for (const { job, waitedMs } of scheduler.entries()) return { line, rank: scheduler.rankOf(job), waitedMs };
  return { line, rank: Infinity, waitedMs: 0 };
}

function goesBefore(one: Head, other: Head): boolean {
  return one.rank === other.rank ? one.waitedMs > other.waitedMs : one.rank < other.rank;
}
