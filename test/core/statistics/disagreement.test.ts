import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../../src/core/base/random.js';
import { disagreement, type MeasuredShare } from '../../../src/core/statistics/disagreement.js';

const attempts = 200;

function measured(of: number, successes: number, effect = 1): MeasuredShare {
  return { of, successes, attempts, effect };
}

function binomial(random: Random, share: number): number {
  return Array.from({ length: attempts }, random).filter((each) => each < share).length;
}

/** Six loads, measured four times each, one after the other; the share differs between times by a factor. */
function simulated(seed: number, factorAt: (time: number, random: Random) => number): readonly MeasuredShare[] {
  const random = seededRandom(seed);
  return Array.from({ length: 24 }, (_, time) => {
    const of = time % 6;
    return measured(of, binomial(random, (0.03 + of * 0.01) * factorAt(time, random)));
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const seeds = Array.from({ length: 200 }, (_, seed) => seed);

describe('how far measurements of the same disagree', () => {
  it('is 1 if they agree, or if nothing was measured twice', () => {
    expect(disagreement([])).toBe(1);
    expect(disagreement([measured(1, 5), measured(2, 80), measured(3, 170)])).toBe(1);
    expect(disagreement([1, 2, 1, 2, 1, 2].map((of) => measured(of, of * 10)))).toBe(1);
  });

  it('hardly widens intervals of measurements that differ by chance', () => {
    const factors = seeds.map((seed) => disagreement(simulated(seed, () => 1)));
    expect(mean(factors)).toBeLessThan(1.5);
  });

  it('is about the variance that they add', () => {
    // Each share is that of all times ±60 %: variance 0.36 p² beside p (1 − p) / 200, some 4.5 times as much at p = 0.055.
    const factors = seeds.map((seed) => disagreement(simulated(seed, (_, random) => (random() < 0.5 ? 0.4 : 1.6))));
    expect(mean(factors)).toBeGreaterThan(3.5);
    expect(mean(factors)).toBeLessThan(8);
  });

  it('is greater where what changes lasts for several measurements', () => {
    const long = seeds.map((seed) => disagreement(simulated(seed, (time) => (time % 8 < 4 ? 0.4 : 1.6))));
    const short = seeds.map((seed) => disagreement(simulated(seed, (_, random) => (random() < 0.5 ? 0.4 : 1.6))));
    expect(mean(long)).toBeGreaterThan(1.5 * mean(short));
  });

  it('is less than one measurement after another shows where attempts depend on each other', () => {
    const shares = [0, 40, 4, 36, 2, 38, 0, 40];
    const independent = disagreement(shares.map((successes) => measured(1, successes)));
    const dependent = disagreement(shares.map((successes) => measured(1, successes, 30)));
    expect(independent).toBeGreaterThan(5);
    expect(dependent).toBeLessThan(2);
  });

  it('is finite and at least 1 whatever was measured', () => {
    const each = fc.record({ of: fc.integer({ min: 1, max: 4 }), share: fc.double({ min: 0, max: 1, noNaN: true }) });
    fc.assert(
      fc.property(fc.array(each, { maxLength: 20 }), fc.integer({ min: 0, max: 500 }), (looks, requests) => {
        const factor = disagreement(
          looks.map(({ of, share }) => ({ of, successes: share * requests, attempts: requests, effect: 1 })),
        );
        expect(Number.isFinite(factor)).toBe(true);
        expect(factor).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});
