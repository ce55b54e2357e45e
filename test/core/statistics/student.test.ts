import { describe, expect, it } from 'vitest';
import { studentQuantile } from '../../../src/core/statistics/student.js';

describe('quantiles of the t distribution', () => {
  // As every statistical table has them.
  it.each([
    [1, 12.7062],
    [2, 4.3027],
    [4, 2.7764],
    [9, 2.2622],
    [30, 2.0423],
    [1000, 1.9623],
  ])('are those of the tables with %d degrees of freedom', (degrees, quantile) => {
    expect(studentQuantile(0.975, degrees)).toBeCloseTo(quantile, 4);
  });

  it('lie between those of the neighbouring whole numbers for fractional degrees', () => {
    const quantile = studentQuantile(0.975, 4.5);
    expect(quantile).toBeLessThan(studentQuantile(0.975, 4));
    expect(quantile).toBeGreaterThan(studentQuantile(0.975, 5));
  });

  it('follow the tangent with one degree, where the distribution is that of Cauchy', () => {
    expect(studentQuantile(0.9, 1)).toBeCloseTo(Math.tan(Math.PI * 0.4), 9);
  });
});
