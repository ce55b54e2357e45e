import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/core/base/random.js';
import { proportionRatio, wilsonInterval } from '../../../src/core/statistics/proportion.js';

describe("Wilson's interval", () => {
  it.each([
    [30, 30, 0.8865, 1],
    [0, 10, 0, 0.2775],
    // Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I.
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
  ])('of %d of %d is %d to %d', (successes, attempts, lower, upper) => {
    const interval = wilsonInterval({ successes, attempts }, 0.025);
    expect(interval.lower).toBeCloseTo(lower, 3);
    expect(interval.upper).toBeCloseTo(upper, 3);
  });
});

describe('the ratio of two proportions', () => {
  it('is clear for a server that died', () => {
    const found = proportionRatio({ successes: 150, attempts: 150 }, { successes: 22, attempts: 150 }, 0.025);
    expect(found?.ratio).toBeCloseTo(22 / 150, 12);
    expect(found?.interval.upper).toBeLessThan(0.23);
  });

  it('knows little of few requests, even if all succeed', () => {
    const all = { successes: 30, attempts: 30 };
    expect(proportionRatio(all, all, 0.025)?.interval.lower).toBeCloseTo(0.886, 2);
    expect(proportionRatio(all, all, 0.025)?.interval.upper).toBeCloseTo(1.128, 2);
  });

  it('is not known if the baseline never succeeded', () => {
    expect(proportionRatio({ successes: 0, attempts: 5 }, { successes: 5, attempts: 5 }, 0.025)).toBeNull();
  });

  it.each([
    [0.99, 0.95, 200],
    [0.5, 0.45, 100],
    [0.05, 0.05, 60],
  ])('is within its interval about as often as that says (%d and %d of %d)', (before, after, attempts) => {
    const random = seededRandom(7);
    const draw = (share: number): number =>
      Array.from({ length: attempts }, () => (random() < share ? 1 : 0)).reduce<number>((sum, each) => sum + each, 0);
    let made = 0;
    let covered = 0;
    for (let round = 0; round < 2000; round += 1) {
      const found = proportionRatio({ successes: draw(before), attempts }, { successes: draw(after), attempts }, 0.025);
      if (found === null) continue;
      made += 1;
      const { lower, upper } = found.interval;
      if (lower <= after / before && after / before <= upper) covered += 1;
    }
    expect(covered / made).toBeGreaterThan(0.93);
  });
});
