import type { Proportion } from './proportion.js';

/** One measurement of a share, with how far its attempts depend on each other. */
export interface MeasuredShare extends Proportion {
  /** What was measured, and again: measurements of the same are expected to find the same share. */
  readonly of: number;
  /** Attempts that tell as much as one independent one, at least 1. */
  readonly effect: number;
}

/** How many measurements that follow each other are taken together, to find out how far they depend on each other. */
const blockLengths = [1, 2, 4] as const;

/** With fewer blocks, their variance says nothing. */
const leastBlocks = 4;

/**
 * Degrees of freedom that the measurements' own errors count for. Few measurements that disagree by chance must not widen an
 * interval much, and many that disagree must (G. K. Smyth, "Linear models and empirical Bayes methods", 2004, section 3, moderates
 * variances in this way).
 */
const priorFreedom = 4;

/**
 * How many times as much shares of the same things, measured at different times, differ as their own errors explain: the
 * heterogeneity factor, by which their variances are to be multiplied (D. J. Finney, Probit Analysis, 1971, section 4.6). What
 * changes between measurements may last longer than one: so measurements that follow each other are also taken together, and the
 * greatest factor counts.
 *
 * @param measured in order of time
 * @returns at least 1
 */
export function disagreement(measured: readonly MeasuredShare[]): number {
  const totals = new Map<number, { successes: number; attempts: number }>();
  for (const { of, successes, attempts } of measured) {
    const total = totals.get(of) ?? { successes: 0, attempts: 0 };
    totals.set(of, { successes: total.successes + successes, attempts: total.attempts + attempts });
  }
  const residuals = measured.flatMap(({ of, successes, attempts, effect }) => {
    const total = totals.get(of) ?? { successes: 0, attempts: 0 };
    const share = total.attempts === 0 ? 0 : total.successes / total.attempts;
    // The share is an estimate from the measurements themselves, to which a longer one is nearer.
    const variance = attempts * share * (1 - share) * effect * (1 - attempts / total.attempts);
    return variance > 0 ? [{ of, residual: successes - share * attempts, variance }] : [];
  });
  const expected = residuals.reduce((sum, { variance }) => sum + variance, 0);
  const observed = blockLengths.map((length) => {
    if (residuals.length < leastBlocks * length) return 0;
    let squares = 0;
    for (let start = 0; start < residuals.length; start += length) {
      squares += residuals.slice(start, start + length).reduce((sum, { residual }) => sum + residual, 0) ** 2;
    }
    return squares / expected;
  });
  const own = residuals.length - new Set(residuals.map(({ of }) => of)).size;
  return Math.max(1, (own * Math.max(...observed) + priorFreedom) / (own + priorFreedom));
}
