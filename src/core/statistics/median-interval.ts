/** The confidence to aim at. */
const wanted = 0.95;

/** Two samples between which the median lies, counted from the smallest, which is 1. */
export interface MedianRanks {
  readonly lower: number;
  readonly upper: number;
  /** With what probability it does, 0 to 1. */
  readonly coverage: number;
}

/**
 * A confidence interval for the median between two order statistics, whatever the distribution: how many of the samples
 * lie below the median is binomial with probability 1/2 (W. J. Conover, Practical Nonparametric Statistics, 3rd edition,
 * 1999, section 3.2). It is the narrowest of the symmetric ones with at least 95 %, or the whole range: that has 93.75 %
 * for 5 samples, and less for fewer.
 *
 * @param count of independent samples, 1 to 1000
 */
export function medianRanks(count: number): MedianRanks {
  /** The probability that fewer than `lower` samples lie below the median. */
  let tail = 0.5 ** count;
  let term = tail;
  let lower = 1;
  while (lower < count / 2) {
    term *= (count - lower + 1) / lower;
    if (1 - 2 * (tail + term) < wanted) break;
    tail += term;
    lower += 1;
  }
  return { lower, upper: count + 1 - lower, coverage: 1 - 2 * tail };
}
