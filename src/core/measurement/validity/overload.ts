import type { Run } from '../result-schema.js';

/** Whether the queue grew without end in this run. */
export function isOverloadedRun({ overload, aborted_on: reason }: Pick<Run, 'overload' | 'aborted_on'>): boolean {
  return overload !== undefined || reason === 'overload';
}

/**
 * Whether it did so in most trials of a setting. Then every latency that contains the wait depends on how long was
 * measured.
 */
export function isOverloaded(trials: readonly Run[]): boolean {
  return trials.filter(isOverloadedRun).length * 2 > trials.length;
}
