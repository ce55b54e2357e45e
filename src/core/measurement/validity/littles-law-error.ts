import type { Run } from '../result-schema.js';

/**
 * How far the trials of a setting are off Little's law together, at most, as a share: the mean of their errors by their
 * lengths, since a short one alone may be off by chance.
 */
export function littlesLawErrorOf(trials: readonly Run[]): number {
  const sum = (of: (run: Run) => number): number => trials.reduce((total, run) => total + of(run), 0);
  const seconds = sum(({ window }) => window.span_seconds);
  return sum(({ checks, window }) => Math.abs(checks.littles_law_error ?? 0) * (window.span_seconds / seconds));
}
