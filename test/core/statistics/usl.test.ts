import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitUsl, solveLinear, type ThroughputPoint, type UslFit } from '../../../src/core/statistics/usl.js';

interface Parameters {
  readonly lambda: number;
  readonly sigma: number;
  readonly kappa: number;
}

function throughput({ lambda, sigma, kappa }: Parameters, n: number): number {
  return (lambda * n) / (1 + sigma * (n - 1) + kappa * n * (n - 1));
}

function exactPoints(parameters: Parameters, ns: readonly number[]): ThroughputPoint[] {
  return ns.map((n) => ({ n, x: throughput(parameters, n) }));
}

function fitted(points: readonly ThroughputPoint[]): UslFit {
  const fit = fitUsl(points);
  if (fit === null) throw new Error('nothing fits');
  return fit;
}

function squaredError(points: readonly ThroughputPoint[], parameters: Parameters): number {
  return points.reduce((sum, { n, x }) => sum + (x - throughput(parameters, n)) ** 2, 0);
}

describe('fitUsl', () => {
  it.each([
    ['contention and crosstalk', { lambda: 50, sigma: 0.08, kappa: 0.002 }],
    ['much crosstalk, with a peak in the middle', { lambda: 2000, sigma: 0.0064, kappa: 0.0062 }],
    ['contention alone (Amdahl)', { lambda: 7, sigma: 0.3, kappa: 0 }],
    ['crosstalk alone', { lambda: 0.5, sigma: 0, kappa: 0.01 }],
    ['nothing in the way', { lambda: 120, sigma: 0, kappa: 0 }],
  ])('recovers %s from exact points', (_name, parameters) => {
    const fit = fitted(exactPoints(parameters, [1, 2, 4, 8, 16, 32, 64]));
    expect(fit.lambda).toBeCloseTo(parameters.lambda, 6);
    expect(fit.sigma).toBeCloseTo(parameters.sigma, 9);
    expect(fit.kappa).toBeCloseTo(parameters.kappa, 9);
    expect(fit.r2).toBeCloseTo(1, 9);
  });

  it('recovers any parameters from exact points', () => {
    const parameters = fc.record({
      lambda: fc.double({ min: 0.1, max: 10_000, noNaN: true }),
      sigma: fc.double({ min: 0, max: 0.5, noNaN: true }),
      kappa: fc.double({ min: 0, max: 0.05, noNaN: true }),
    });
    fc.assert(
      fc.property(parameters, (each) => {
        const fit = fitUsl(exactPoints(each, [1, 2, 4, 8, 16]));
        // With much of both, throughput hardly changes, and then there is no shape to fit.
        if (fit === null) return;
        expect(fit.lambda / each.lambda).toBeCloseTo(1, 6);
        expect(fit.sigma).toBeCloseTo(each.sigma, 6);
        expect(fit.kappa).toBeCloseTo(each.kappa, 6);
      }),
    );
  });

  it('comes closer to noisy points, within the bounds, than anything near it', () => {
    const truth = { lambda: 40, sigma: 0.05, kappa: 0.004 };
    const noise = fc.array(fc.double({ min: 0.9, max: 1.1, noNaN: true }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(noise, (factors) => {
        const points = exactPoints(truth, [1, 2, 4, 8, 16, 32]).map(({ n, x }, index) => ({
          n,
          x: x * (factors[index] ?? 1),
        }));
        const fit = fitted(points);
        expect(fit.sigma).toBeGreaterThanOrEqual(0);
        expect(fit.sigma).toBeLessThanOrEqual(1);
        expect(fit.kappa).toBeGreaterThanOrEqual(0);
        const least = squaredError(points, fit) * (1 + 1e-9);
        for (const factor of [0.98, 1, 1.02]) {
          const others = [
            { ...fit, lambda: fit.lambda * factor },
            { ...fit, sigma: fit.sigma * factor },
            { ...fit, kappa: fit.kappa * factor },
            { ...fit, sigma: fit.sigma + Math.abs(factor - 1) / 10 },
            { ...fit, kappa: fit.kappa + Math.abs(factor - 1) / 100 },
            truth,
          ];
          for (const other of others)
            expect(squaredError(points, other)).toBeGreaterThanOrEqual(least - 2 * least * 1e-9);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('stays within its bounds where the law would leave them', () => {
    // Better than linear: two do more than twice the work of one.
    const fit = fitted([1, 2, 4, 8].map((n) => ({ n, x: n ** 1.1 })));
    expect(fit).toMatchObject({ sigma: 0, kappa: 0, peak: null });
  });

  it('predicts the peak at the root of (1 − σ)/κ', () => {
    const { peak } = fitted(exactPoints({ lambda: 10, sigma: 0.19, kappa: 0.01 }, [1, 2, 4, 8, 16]));
    expect(peak).toBeCloseTo(9, 6);
  });

  it('has no peak if throughput only grows', () => {
    expect(fitted(exactPoints({ lambda: 10, sigma: 0.2, kappa: 0 }, [1, 2, 4, 8])).peak).toBeNull();
  });

  it('says how well it fits', () => {
    const points = exactPoints({ lambda: 10, sigma: 0.1, kappa: 0 }, [1, 2, 4, 8]);
    const off = points.map(({ n, x }, index) => ({ n, x: x * (index % 2 === 0 ? 1.08 : 0.92) }));
    const fit = fitted(off);
    const mean = off.reduce((sum, { x }) => sum + x, 0) / off.length;
    const variance = off.reduce((sum, { x }) => sum + (x - mean) ** 2, 0);
    expect(fit.r2).toBeCloseTo(1 - squaredError(off, fit) / variance, 9);
    expect(fit.r2).toBeLessThan(1);
  });

  it.each([
    ['fewer than 4 settings', [1, 2, 4].map((n) => ({ n, x: n }))],
    ['4 points at 3 settings', [1, 2, 4, 4].map((n) => ({ n, x: n }))],
    ['no settings at all', []],
    ['points that follow no law', [1, 2, 4, 8, 16].map((n, index) => ({ n, x: index % 2 === 0 ? 10 : 50 }))],
    ['throughput that is the same everywhere', [1, 2, 4, 8].map((n) => ({ n, x: 10 }))],
  ])('is null for %s', (_name, points) => {
    expect(fitUsl(points)).toBeNull();
  });
});

describe('solveLinear', () => {
  it('solves equations, whatever their order', () => {
    // x + 2y + z = 8, y = 2, 3x − z = 0
    const matrix = [
      [0, 1, 0],
      [1, 2, 1],
      [3, 0, -1],
    ];
    const solution = solveLinear(matrix, [2, 8, 0]);
    expect(solution).toHaveLength(3);
    [1, 2, 3].forEach((value, index) => {
      expect(solution[index]).toBeCloseTo(value, 12);
    });
    expect(matrix[0]).toEqual([0, 1, 0]);
  });

  it('does not pretend to know what the equations leave open', () => {
    const solution = solveLinear(
      [
        [1, 1],
        [2, 2],
      ],
      [1, 2],
    );
    expect(solution.some(Number.isNaN)).toBe(true);
  });
});
