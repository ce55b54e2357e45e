import { describe, expect, it } from 'vitest';
import { ratioOf, type Statistic } from '../../../src/core/statistics/ratio.js';

/** The mean of one value per trial: the simplest possible figure. */
function meanOf(values: readonly number[]): Statistic {
  return {
    trials: values.length,
    value: (weights) => {
      const total = values.reduce((sum, _, trial) => sum + (weights[trial] ?? 0), 0);
      return values.reduce((sum, value, trial) => sum + value * (weights[trial] ?? 0), 0) / total;
    },
  };
}

/** The one figure whose ratio's logarithm is the mean of the pairs' logarithms. */
function geometricMeanOf(values: readonly number[]): Statistic {
  const mean = meanOf(values.map((each) => Math.log(each)));
  return { trials: mean.trials, value: (weights) => Math.exp(mean.value(weights) ?? NaN) };
}

/** Every way to draw n of n with replacement, each as likely as any other. */
function allResamples(n: number): number[][] {
  return Array.from({ length: n ** n }, (_, number) => {
    const weights = Array.from({ length: n }, () => 0);
    for (let drawn = 0, rest = number; drawn < n; drawn += 1, rest = Math.floor(rest / n)) {
      const trial = rest % n;
      weights[trial] = (weights[trial] ?? 0) + 1;
    }
    return weights;
  });
}

function logs(statistic: Statistic): number[] {
  return allResamples(statistic.trials).map((weights) => Math.log(statistic.value(weights) ?? NaN));
}

function quantiles(values: readonly number[]): readonly [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const tail = Math.round(sorted.length * 0.025);
  return [sorted[tail - 1] ?? NaN, sorted[sorted.length - tail] ?? NaN];
}

const baseline = meanOf([100, 104, 97, 110, 101]);
const candidate = meanOf([121, 118, 125, 130, 117]);

describe('a ratio', () => {
  it('is that of all trials together', () => {
    expect(ratioOf(baseline, candidate, { paired: false, seed: 1, tail: 0.025 })?.ratio).toBeCloseTo(611 / 512, 12);
  });

  it('has the same interval with the same seed, and another with another', () => {
    const first = ratioOf(baseline, candidate, { paired: true, seed: 1, tail: 0.025 });
    expect(ratioOf(baseline, candidate, { paired: true, seed: 1, tail: 0.025 })).toEqual(first);
    expect(ratioOf(baseline, candidate, { paired: true, seed: 2, tail: 0.025 })).not.toEqual(first);
  });

  it('has no interval with one trial on a side', () => {
    expect(ratioOf(meanOf([5]), candidate, { paired: false, seed: 1, tail: 0.025 })).toEqual({
      ratio: 611 / 25,
      interval: null,
    });
  });

  it('is none with a baseline of 0, and 0 for sure if nothing is left', () => {
    expect(ratioOf(meanOf([0, 0]), meanOf([1, 2]), { paired: false, seed: 1, tail: 0.025 })).toBeNull();
    const lost = ratioOf(meanOf([1, 2]), meanOf([0, 0]), { paired: false, seed: 1, tail: 0.025 });
    expect(lost).toEqual({ ratio: 0, interval: { lower: 0, upper: 0 } });
  });

  it('has an interval without width if all trials agree', () => {
    const same = ratioOf(meanOf([2, 2, 2]), meanOf([3, 3, 3]), { paired: false, seed: 1, tail: 0.025 });
    expect(same?.interval?.lower).toBeCloseTo(1.5, 12);
    expect(same?.interval?.upper).toBeCloseTo(1.5, 12);
  });
});

describe('the interval of pairs', () => {
  it('is, by hand, that of two trials: all four resamples, 12.7 · sqrt(2) / 1.96 times as wide', () => {
    // Resamples of (1, 2) against (1, 1): (1, 1), (1, 2) twice, (2, 2); ratios 1, 1.5, 1.5 and 2.
    const interval = ratioOf(meanOf([1, 1]), meanOf([1, 2]), { paired: true, seed: 1, tail: 0.025 })?.interval;
    const expansion = (Math.SQRT2 * 12.7062) / 1.95996;
    expect(interval?.lower).toBeCloseTo(1.5 * (1 / 1.5) ** expansion, 3);
    expect(interval?.upper ?? 0).toBeCloseTo(1.5 * (2 / 1.5) ** expansion, 1);
  });

  it('is that of all 3125 resamples of 5 trials, within what 2000 random ones differ', () => {
    const [before, after] = [logs(baseline), logs(candidate)];
    const center = Math.log(611 / 512);
    const expansion = Math.sqrt(5 / 4) * (2.7764 / 1.95996);
    const [low, high] = quantiles(after.map((log, index) => (log - (before[index] ?? NaN) - center) * expansion));
    const interval = ratioOf(baseline, candidate, { paired: true, seed: 7, tail: 0.025 })?.interval;
    expect(Math.log(interval?.lower ?? 0) - center).toBeCloseTo(low, 2);
    expect(Math.log(interval?.upper ?? 0) - center).toBeCloseTo(high, 2);
    expect(low).toBeLessThan(-0.01);
  });

  it("is nearly Student's t interval of the pairs' logarithms with 20 pairs, as many as 5 trials are cut into", () => {
    const pairs = Array.from({ length: 20 }, (_, pair) => ({
      before: 100 + 3 * pair,
      wobble: ((7 * pair) % 20) - 9.5,
    }));
    const before = geometricMeanOf(pairs.map((pair) => pair.before));
    const after = geometricMeanOf(pairs.map((pair) => 1.2 * pair.before * Math.exp(0.01 * pair.wobble)));
    const interval = ratioOf(before, after, { paired: true, seed: 1, tail: 0.025 })?.interval;
    // The logarithms are those of 1.2 and 20 steps of 0.01 around it: their deviation is 0.01 · sqrt(35), as 1 to 20 have
    // a variance of 20 · 21 / 12 = 35. The quantile with 19 degrees of freedom is 2.0930.
    const half = 2.093 * 0.01 * Math.sqrt(35 / 20);
    expect((Math.log(interval?.lower ?? 0) - Math.log(1.2)) / -half).toBeCloseTo(1, 1);
    expect((Math.log(interval?.upper ?? 0) - Math.log(1.2)) / half).toBeCloseTo(1, 1);
  });

  it('is narrow if both drift together, however far', () => {
    const drift = [1, 1.4, 0.8, 1.2, 0.9];
    const drifting = meanOf(drift.map((factor) => 100 * factor));
    const slower = meanOf(drift.map((factor, trial) => 120 * factor * (1 + 0.001 * trial)));
    const paired = ratioOf(drifting, slower, { paired: true, seed: 1, tail: 0.025 })?.interval;
    const separate = ratioOf(drifting, slower, { paired: false, seed: 1, tail: 0.025 })?.interval;
    expect(Math.log((paired?.upper ?? 0) / (paired?.lower ?? 0))).toBeLessThan(0.02);
    expect(Math.log((separate?.upper ?? 0) / (separate?.lower ?? 0))).toBeGreaterThan(0.3);
  });
});

describe('the interval of two separate samples', () => {
  it("is nearly Welch's t interval on the logarithms, if their spread is small", () => {
    const welch = welchOfLogs([100, 104, 97, 110, 101], [121, 118, 125, 130, 117, 122]);
    const six = meanOf([121, 118, 125, 130, 117, 122]);
    const interval = ratioOf(baseline, six, { paired: false, seed: 3, tail: 0.025 })?.interval;
    // The bootstrap's own tails are lighter than the normal distribution's: a tenth of the width is what they differ by.
    expect(Math.log(interval?.lower ?? 0)).toBeCloseTo(welch.lower, 1);
    const width = Math.log((interval?.upper ?? 0) / (interval?.lower ?? 1));
    expect(width / (welch.upper - welch.lower)).toBeGreaterThan(0.85);
    expect(width / (welch.upper - welch.lower)).toBeLessThan(1.15);
  });
});

/** B. L. Welch, 1947, with the quantile of the tables for its degrees of freedom here (8.9: 2.266). */
function welchOfLogs(one: readonly number[], other: readonly number[]): { lower: number; upper: number } {
  const part = (values: readonly number[]): { mean: number; error: number } => {
    const logarithms = values.map((value) => Math.log(value));
    const mean = logarithms.reduce((sum, log) => sum + log, 0) / values.length;
    const variance = logarithms.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (values.length - 1);
    return { mean, error: variance / values.length };
  };
  const [a, b] = [part(one), part(other)];
  const half = 2.27 * Math.sqrt(a.error + b.error);
  return { lower: b.mean - a.mean - half, upper: b.mean - a.mean + half };
}
