import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../../src/core/base/random.js';
import { arrivalTimes } from '../../../../../src/core/bench/load/loops/arrivals.js';
import type { Arrival } from '../../../../../src/core/bench/plan/options.js';

function take(arrival: Arrival, rate: number, count: number, seed = 1): number[] {
  const times: number[] = [];
  for (const time of arrivalTimes(arrival, rate, seededRandom(seed))) {
    if (times.length === count) break;
    times.push(time);
  }
  return times;
}

describe('arrivalTimes', () => {
  it('repeats exactly with the same seed, and only with it', () => {
    expect(take('poisson', 10, 50)).toEqual(take('poisson', 10, 50));
    expect(take('poisson', 10, 50, 2)).not.toEqual(take('poisson', 10, 50));
  });

  it('has exponential gaps with mean 1/rate for poisson', () => {
    const times = take('poisson', 20, 20_000);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    expect(mean * 20).toBeCloseTo(1, 1);
    // Of an exponential distribution the share 1 − 1/e is below the mean.
    expect(gaps.filter((gap) => gap < mean).length / gaps.length).toBeCloseTo(1 - Math.exp(-1), 1);
    expect(gaps.every((gap) => gap >= 0)).toBe(true);
  });

  it('has equal gaps for constant', () => {
    expect(take('constant', 4, 5)).toEqual([0, 0.25, 0.5, 0.75, 1]);
  });

  it('sends a second at once for burst', () => {
    expect(take('burst', 3, 7)).toEqual([0, 0, 0, 1, 1, 1, 2]);
  });

  it('keeps the rate of a burst that is not a whole number', () => {
    expect(take('burst', 0.5, 3)).toEqual([0, 2, 4]);
    expect(take('burst', 2.5, 7).at(-1)).toBeCloseTo(2.4);
  });
});
