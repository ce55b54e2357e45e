import type { ComparedMetric } from '../compared-metric.js';

/** Tokens per request on average, and the standard error of that. */
export interface MeanTokens {
  readonly mean: number;
  /** 0 or more. */
  readonly error: number;
}

/** Lengths that differ by more than this share of the longer ones change what a figure means. */
const mostDifference = 0.1;

/** So many standard errors may be chance. */
const chanceErrors = 3;

/** Failed requests above this share make rates count tokens of answers that were not given to their end. */
export const mostFailures = 0.1;

/** Whether a figure depends on how long answers are: a server that answers with fewer tokens ends sooner, however fast it is. */
export function dependsOnLength(metric: ComparedMetric): boolean {
  return metric.type === 'latency' ? metric.metric === 'e2e' : metric.rate !== 'input_tokens_per_second';
}

/** Whether two mean lengths are clearly different; false if either is 0. */
export function areOtherLengths(before: MeanTokens, after: MeanTokens): boolean {
  if (Math.min(before.mean, after.mean) <= 0) return false;
  // Where models end their answers themselves, a few of them differ by chance.
  const certain = Math.abs(after.mean - before.mean) - chanceErrors * Math.hypot(before.error, after.error);
  return certain > mostDifference * Math.max(before.mean, after.mean);
}

/** `64.3`: to three digits. */
export function meanText({ mean }: MeanTokens): string {
  return String(Number(mean.toPrecision(3)));
}
