import { studentQuantile } from '../../../statistics/student.js';

/** The trials of one setting in one figure. */
export interface TrialSpread {
  readonly mean: number;
  readonly values: readonly number[];
  /** The 95 % interval of their mean (Student's t); null for fewer than 3 trials, for which it is meaningless. */
  readonly interval: { readonly lower: number; readonly upper: number } | null;
}

/** @returns null without values */
export function spreadOf(values: readonly number[]): TrialSpread | null {
  const { length } = values;
  if (length === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / length;
  if (length < 3) return { mean, values, interval: null };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (length - 1);
  const reach = studentQuantile(0.975, length - 1) * Math.sqrt(variance / length);
  return { mean, values, interval: { lower: Math.max(0, mean - reach), upper: mean + reach } };
}
