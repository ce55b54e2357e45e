import { normalQuantileOfTail } from './normal.js';
import type { Interval } from './ratio.js';

/** How many of a number of attempts succeeded. */
export interface Proportion {
  readonly successes: number;
  readonly attempts: number;
}

/**
 * E. B. Wilson's interval of a proportion ("Probable inference", 1927). Unlike the usual ± it is right for few attempts
 * and near 0 and 1: 30 of 30 give 88.6 to 100 %.
 *
 * @param tail error on each side, such as 0.025
 */
export function wilsonInterval({ successes, attempts }: Proportion, tail: number): Interval {
  const z2 = normalQuantileOfTail(tail) ** 2;
  const share = successes / attempts;
  const center = share + z2 / (2 * attempts);
  const half = Math.sqrt(z2 * ((share * (1 - share)) / attempts + z2 / (4 * attempts * attempts)));
  const scale = 1 + z2 / attempts;
  return { lower: Math.max(0, (center - half) / scale), upper: Math.min(1, (center + half) / scale) };
}

/**
 * Candidate ÷ baseline, and its interval from counts alone: the method of variance estimates recovery, from the intervals
 * of both proportions (A. Donner and G. Y. Zou, "Closed-form confidence intervals for functions of the normal mean and
 * standard deviation", 2012, section 2, for a ratio). Where a baseline near 0 makes it undefined, the ends of the two
 * intervals are divided, which is wider.
 *
 * @param tail error on each side
 * @returns null if nothing of the baseline succeeded, or nothing was attempted
 */
export function proportionRatio(
  baseline: Proportion,
  candidate: Proportion,
  tail: number,
): { readonly ratio: number; readonly interval: Interval } | null {
  if (baseline.successes === 0 || candidate.attempts === 0) return null;
  const before = baseline.successes / baseline.attempts;
  const after = candidate.successes / candidate.attempts;
  const [ofBefore, ofAfter] = [wilsonInterval(baseline, tail), wilsonInterval(candidate, tail)];
  const end = (fromAfter: number, fromBefore: number, sign: 1 | -1): number => {
    const divisor = fromBefore * (2 * before - fromBefore);
    const root = (before * after) ** 2 - fromAfter * fromBefore * (2 * after - fromAfter) * (2 * before - fromBefore);
    if (divisor <= 0) return fromAfter / fromBefore;
    return Math.max(0, (before * after + sign * Math.sqrt(Math.max(0, root))) / divisor);
  };
  return {
    ratio: after / before,
    interval: { lower: end(ofAfter.lower, ofBefore.upper, -1), upper: end(ofAfter.upper, ofBefore.lower, 1) },
  };
}
