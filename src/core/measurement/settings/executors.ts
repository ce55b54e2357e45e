import type { Run } from '../result-schema.js';

/** How many requests an executor answered. */
export interface ExecutorSummary {
  readonly name: string;
  readonly completed: number;
  /** Of the answers that say who gave them, 0 to 1. */
  readonly share: number;
}

/** Adds up answers by name, the busiest first. */
export function executorSummaries(answers: readonly (readonly [name: string, completed: number])[]): ExecutorSummary[] {
  const counts = new Map<string, number>();
  for (const [name, completed] of answers) counts.set(name, (counts.get(name) ?? 0) + completed);
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return [...counts]
    .map(([name, completed]) => ({ name, completed, share: completed / all }))
    .sort((one, other) => other.completed - one.completed || (one.name < other.name ? -1 : 1));
}

/** Which servers answered in several runs together; empty if no answer says so. */
export function executorsOfRuns(runs: readonly Pick<Run, 'executors'>[]): ExecutorSummary[] {
  return executorSummaries(
    runs.flatMap(({ executors = [] }) => executors.map(({ name, completed }) => [name, completed] as const)),
  );
}
