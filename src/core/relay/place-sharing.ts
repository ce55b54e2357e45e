import { freePlaces } from '../executor/executor.js';
import type { RelayExecutor } from './attempts.js';
import type { ModelLine } from './relay-job.js';

/** How many places there are now for a model. */
function placesFor(executors: readonly RelayExecutor[], model: string): number {
  return executors.reduce((sum, executor) => sum + (executor.serves(model) ? freePlaces(executor) : 0), 0);
}

/**
 * Lets waiting requests start while there are places. Lines that share an upstream take turns: the request that has waited
 * for longest starts first. A line whose first requests wait for their own key to end something passes.
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
    const line = longestWaiting(able);
    if (line === null) break;
    const { running } = line.scheduler;
    const { waiting } = line.scheduler;
    line.scheduler.resize({ maxConcurrency: running + 1 });
    if (line.scheduler.waiting === waiting) passed.add(line);
  }
  // A request that comes next starts at once if there is a place for it.
  for (const line of lines) line.scheduler.resize({ maxConcurrency: line.scheduler.running + free(line) });
}

function longestWaiting(lines: readonly ModelLine[]): ModelLine | null {
  const [first, ...others] = lines;
  if (first === undefined || others.length === 0) return first ?? null;
  return others.reduce((longest, line) => (waitedMs(line) > waitedMs(longest) ? line : longest), first);
}

/** Of the request that starts next. */
function waitedMs({ scheduler }: ModelLine): number {
  for (const entry of scheduler.entries()) return entry.waitedMs;
  return 0;
}
