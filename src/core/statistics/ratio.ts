import { type Random, seededRandom } from '../base/random.js';
import { studentQuantile } from './student.js';

/** A figure of several trials together. */
export interface Statistic {
  /** How many there are. */
  readonly trials: number;
  /**
   * The figure if each trial were there as often as its weight says; with all weights 1, that of the trials as they are.
   *
   * @param weights whole numbers, one for each trial
   * @returns 0 or more; null if there is nothing to make it of
   */
  value(weights: ArrayLike<number>): number | null;
}

/** Each trial once. */
export function everyTrialOnce({ trials }: Statistic): readonly number[] {
  return Array.from({ length: trials }, () => 1);
}

/** Resamples of a bootstrap. */
const resamples = 2000;

/** An interval of ratios, 0 to infinity. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** Candidate ÷ baseline. */
export interface Ratio {
  readonly ratio: number;
  /** Holds the true ratio in 95 % of all comparisons; null with fewer than two trials on a side. */
  readonly interval: Interval | null;
}

export interface RatioOptions {
  /** Trials of the same number were measured one right after the other and are resampled together. */
  readonly paired: boolean;
  readonly seed: number;
}

/** Of the standard normal distribution, two-sided 95 %. */
const normalQuantile = 1.959963984540054;

/**
 * The ratio of a figure in two results, and a 95 % confidence interval from a bootstrap over trials: the expanded
 * percentile interval on the logarithm of the ratio (T. Hesterberg, "What Teachers Should Know about the Bootstrap", 2015,
 * section 4.2, with the factor on the deviation instead of the level).
 *
 * The plain percentile interval is too short for few trials: resampling knows only the n trials that there are, so its
 * spread lacks a factor sqrt(n/(n − 1)), and it takes the spread for known. Multiplying all deviations by
 * sqrt(n/(n − 1)) · t/z mends both; t is Student's quantile for n − 1 degrees of freedom, or Welch's number of them for two
 * separate samples. With 5 trials it covers about 95 % where the plain one covers 84 % (benchmarks/gate).
 *
 * @returns null if one side has no value or the baseline is 0
 */
export function ratioOf(baseline: Statistic, candidate: Statistic, { paired, seed }: RatioOptions): Ratio | null {
  const before = baseline.value(everyTrialOnce(baseline));
  const after = candidate.value(everyTrialOnce(candidate));
  if (before === null || after === null || before === 0) return null;
  const ratio = after / before;
  if (baseline.trials < 2 || candidate.trials < 2) return { ratio, interval: null };
  // From nothing no resample makes anything.
  if (ratio === 0) return { ratio, interval: { lower: 0, upper: 0 } };

  const random = seededRandom(seed);
  const deviations = paired
    ? pairedDeviations(baseline, candidate, Math.log(ratio), random)
    : separateDeviations(baseline, candidate, Math.log(before), Math.log(after), random);
  const sorted = deviations.sort();
  const tail = Math.round(sorted.length * 0.025);
  return {
    ratio,
    interval: {
      lower: ratio * Math.exp(sorted[tail - 1] ?? sorted[0] ?? 0),
      upper: ratio * Math.exp(sorted[sorted.length - tail] ?? sorted.at(-1) ?? 0),
    },
  };
}

/** What drifts hits both of a pair, so both are drawn together and the drift cancels out. */
function pairedDeviations(baseline: Statistic, candidate: Statistic, logRatio: number, random: Random): Float64Array {
  const { trials } = baseline;
  const expansion = Math.sqrt(trials / (trials - 1)) * (studentQuantile(0.975, trials - 1) / normalQuantile);
  return collect(() => {
    const weights = draw(trials, random);
    return (logOf(candidate, weights) - logOf(baseline, weights) - logRatio) * expansion;
  });
}

function separateDeviations(
  baseline: Statistic,
  candidate: Statistic,
  logBefore: number,
  logAfter: number,
  random: Random,
): Float64Array {
  const side = (statistic: Statistic, center: number): Float64Array => {
    const { trials } = statistic;
    const expansion = Math.sqrt(trials / (trials - 1));
    return collect(() => (logOf(statistic, draw(trials, random)) - center) * expansion);
  };
  const before = side(baseline, logBefore);
  const after = side(candidate, logAfter);
  const [varianceBefore, varianceAfter] = [meanSquare(before), meanSquare(after)];
  const degrees =
    (varianceBefore + varianceAfter) ** 2 /
    (varianceBefore ** 2 / (baseline.trials - 1) + varianceAfter ** 2 / (candidate.trials - 1));
  const expansion = Number.isFinite(degrees) ? studentQuantile(0.975, degrees) / normalQuantile : 1;
  const both = Math.min(before.length, after.length);
  return before.slice(0, both).map((deviation, index) => ((after[index] ?? 0) - deviation) * expansion);
}

/** How often each of `trials` was drawn when as many were drawn with replacement. */
function draw(trials: number, random: Random): Uint16Array {
  const weights = new Uint16Array(trials);
  for (let drawn = 0; drawn < trials; drawn += 1) {
    const trial = Math.floor(random() * trials);
    weights[trial] = (weights[trial] ?? 0) + 1;
  }
  return weights;
}

function logOf(statistic: Statistic, weights: ArrayLike<number>): number {
  return Math.log(statistic.value(weights) ?? NaN);
}

/** Without resamples of which nothing can be made, such as of trials in which every request has failed. */
function collect(deviation: () => number): Float64Array {
  return Float64Array.from({ length: resamples }, deviation).filter((value) => !Number.isNaN(value));
}

function meanSquare(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0) / values.length;
}
