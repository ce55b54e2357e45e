import { normalQuantileOfTail } from './normal.js';
import type { Interval } from './ratio.js';

/** Attempts at one place. They may be fractions, such as effective numbers. */
export interface Trials {
  readonly x: number;
  readonly successes: number;
  readonly attempts: number;
}

/** The logarithm of the odds is `at + slope · (x − center)`. */
interface Line {
  readonly center: number;
  readonly at: number;
  readonly slope: number;
  /** Covariance of the two parameters. */
  readonly covariance: { readonly at: number; readonly both: number; readonly slope: number };
}

/**
 * Where a share that rises with x reaches a level, by logistic regression, with E. C. Fieller's interval (1954), as for
 * the dose at which a share of subjects responds (D. J. Finney, Probit Analysis, 1971, section 4.6). A fraction of an attempt
 * is added at each place, which keeps the slope finite where the shares are 0 and 1. Its share is the level, so that it
 * moves the answer as little as possible: half a success in few attempts would be above a level of 5 %.
 *
 * @param level above 0, below 1
 * @param tail error on each side, such as 0.025
 * @returns null if the share does not clearly rise
 */
export function logisticLevel(
  trials: readonly Trials[],
  level: number,
  tail: number,
): { readonly x: number; readonly interval: Interval } | null {
  const line = fit(trials, level);
  if (line === null || line.slope <= 0) return null;
  const { center, at, slope, covariance } = line;
  const target = Math.log(level / (1 - level)) - at;
  const z2 = normalQuantileOfTail(tail) ** 2;
  // All distances d from the center at which target − slope · d is within its error of 0.
  const a = slope ** 2 - z2 * covariance.slope;
  const b = -target * slope - z2 * covariance.both;
  const c = target ** 2 - z2 * covariance.at;
  const root = b * b - a * c;
  if (a <= 0 || root < 0) return null;
  return {
    x: center + target / slope,
    interval: { lower: center + (-b - Math.sqrt(root)) / a, upper: center + (-b + Math.sqrt(root)) / a },
  };
}

/** Attempts that are added at each place. */
const added = 0.5;

/** Newton's method, with steps cut in half as long as they make the likelihood worse. */
function fit(trials: readonly Trials[], level: number): Line | null {
  if (trials.length < 2) return null;
  const data = trials.map(({ x, successes, attempts }) => ({ x, k: successes + added * level, n: attempts + added }));
  const weight = data.reduce((sum, { n }) => sum + n, 0);
  const center = data.reduce((sum, { x, n }) => sum + x * n, 0) / weight;
  const likelihood = (at: number, slope: number): number =>
    data.reduce((sum, { x, k, n }) => {
      const logit = at + slope * (x - center);
      return sum + k * logit - n * (logit > 30 ? logit : Math.log1p(Math.exp(logit)));
    }, 0);
  let [at, slope] = [0, 0];
  for (let step = 0; step < 60; step += 1) {
    const { gradient, information, determinant } = derivatives(data, center, at, slope);
    if (!(determinant > 0)) return null;
    const byAt = (information.slope * gradient.at - information.both * gradient.slope) / determinant;
    const bySlope = (information.at * gradient.slope - information.both * gradient.at) / determinant;
    const before = likelihood(at, slope);
    let scale = 1;
    while (scale > 1e-6 && likelihood(at + scale * byAt, slope + scale * bySlope) < before) scale /= 2;
    at += scale * byAt;
    slope += scale * bySlope;
    if (Math.abs(byAt) + Math.abs(bySlope) < 1e-9) break;
  }
  const { information, determinant } = derivatives(data, center, at, slope);
  if (!(determinant > 0)) return null;
  return {
    center,
    at,
    slope,
    covariance: {
      at: information.slope / determinant,
      both: -information.both / determinant,
      slope: information.at / determinant,
    },
  };
}

function derivatives(
  data: readonly { readonly x: number; readonly k: number; readonly n: number }[],
  center: number,
  at: number,
  slope: number,
): {
  readonly gradient: { readonly at: number; readonly slope: number };
  readonly information: { readonly at: number; readonly both: number; readonly slope: number };
  readonly determinant: number;
} {
  const gradient = { at: 0, slope: 0 };
  const information = { at: 0, both: 0, slope: 0 };
  for (const { x, k, n } of data) {
    const share = 1 / (1 + Math.exp(-(at + slope * (x - center))));
    const weight = n * share * (1 - share);
    gradient.at += k - n * share;
    gradient.slope += (k - n * share) * (x - center);
    information.at += weight;
    information.both += weight * (x - center);
    information.slope += weight * (x - center) ** 2;
  }
  return { gradient, information, determinant: information.at * information.slope - information.both ** 2 };
}
