import { describe, expect, it } from 'vitest';
import { logisticLevel } from '../../../src/core/statistics/logistic-level.js';

/** Shares that follow a line through the logarithms of the odds: 5 % at `x` = 0. */
function shareAt(x: number): number {
  return 1 / (1 + Math.exp(-(Math.log(0.05 / 0.95) + 20 * x)));
}

describe('where a rising share reaches a level', () => {
  it('is the place where the data say so, in an interval around it', () => {
    const trials = [-0.1, -0.05, 0.02, 0.1].map((x) => ({ x, successes: shareAt(x) * 500, attempts: 500 }));
    const found = logisticLevel(trials, 0.05, 0.025);
    expect(found?.x).toBeCloseTo(0, 2);
    expect(found?.interval.lower).toBeLessThan(0);
    expect(found?.interval.upper).toBeGreaterThan(0);
  });

  it('is less certain with fewer attempts', () => {
    const width = (attempts: number): number => {
      const trials = [-0.1, 0, 0.1].map((x) => ({ x, successes: shareAt(x) * attempts, attempts }));
      const { interval } = logisticLevel(trials, 0.05, 0.025) ?? { interval: { lower: -Infinity, upper: Infinity } };
      return interval.upper - interval.lower;
    };
    expect(width(2000)).toBeLessThan(width(200));
  });

  it('is unknown where the share does not rise', () => {
    const trials = [-0.1, 0, 0.1].map((x) => ({ x, successes: 5, attempts: 100 }));
    expect(logisticLevel(trials, 0.05, 0.025)).toBeNull();
  });
});
