import type { ComparedMetric } from '../compared-metric.js';

/** Tokens per request on average, and the standard error of this average. */
export interface MeanTokens {
  readonly mean: number;
  /** 0 or more. */
  readonly error: number;
}

/** Lengths that differ by more than this share of the longer ones change what a figure means. */
const mostDifference = 0.1;

/** A difference of this many standard errors may be due to chance. */
const chanceErrors = 3;

/** If more requests than this share fail, rates count tokens of answers that were not completed. */
export const mostFailures = 0.1;

/**
 * Whether a figure depends on the length of answers: a server that answers with fewer tokens ends sooner, however fast
 * it is.
 */
export function dependsOnLength(metric: ComparedMetric): boolean {
  return metric.type === 'latency' ? metric.metric === 'e2e' : metric.rate !== 'input_tokens_per_second';
}

/** Whether two mean lengths are clearly different; false if either is 0. */
export function areOtherLengths(before: MeanTokens, after: MeanTokens): boolean {
  if (Math.min(before.mean, after.mean) <= 0) return false;
  // If models end their answers themselves, a few answers differ by chance.
  const certain = Math.abs(after.mean - before.mean) - chanceErrors * Math.hypot(before.error, after.error);
  return certain > mostDifference * Math.max(before.mean, after.mean);
}

/** `64.3`: to three digits. */
export function meanText({ mean }: MeanTokens): string {
  return String(Number(mean.toPrecision(3)));
}
