import { normalQuantileOfTail } from './normal.js';
import type { Interval } from './ratio.js';

export interface Slope {
  readonly slope: number;
  readonly interval: Interval;
}

/**
 * The median of the slopes between all pairs of points, which a few wild points do not move, and its interval from the
 * distribution of Kendall's S (P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", 1968).
 *
 * @param points with distinct x
 * @param tail error on each side, such as 0.025
 * @returns null with fewer than 4 points
 */
export function theilSen(points: readonly { readonly x: number; readonly y: number }[], tail: number): Slope | null {
  const n = points.length;
  if (n < 4) return null;
  const slopes: number[] = [];
  for (const [index, one] of points.entries()) {
    for (const other of points.slice(index + 1)) slopes.push((other.y - one.y) / (other.x - one.x));
  }
  slopes.sort((one, other) => one - other);
  const reach = normalQuantileOfTail(tail) * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const at = (rank: number): number => slopes[Math.min(slopes.length - 1, Math.max(0, rank))] ?? 0;
  const middle = (slopes.length - 1) / 2;
  return {
    slope: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    interval: {
      lower: at(Math.floor((slopes.length - reach) / 2)),
      upper: at(Math.ceil((slopes.length + reach) / 2)),
    },
  };
}
