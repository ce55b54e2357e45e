import { describe, expect, it } from 'vitest';
import { theilSen } from '../../../src/core/statistics/theil-sen.js';

const series = (...ys: readonly number[]) => ys.map((y, x) => ({ x, y }));

describe('the robust slope', () => {
  it('is that of a line, whatever one wild point says', () => {
    expect(theilSen(series(0, 2, 4, 6, 8), 0.025)?.slope).toBe(2);
    expect(theilSen(series(0, 2, 4, 6, 900, 10, 12, 14, 16, 18), 0.025)?.slope).toBe(2);
  });

  it('has an interval that contains 0 where nothing rises', () => {
    const slope = theilSen(series(5, 3, 6, 4, 5, 3, 6, 4, 5, 4), 0.025);
    expect(slope?.interval.lower).toBeLessThan(0);
    expect(slope?.interval.upper).toBeGreaterThan(0);
  });

  it('is unknown for three points', () => {
    expect(theilSen(series(1, 2, 3), 0.025)).toBeNull();
  });
});
