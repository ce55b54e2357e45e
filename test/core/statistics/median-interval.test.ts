import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/core/base/random.js';
import { medianRanks } from '../../../src/core/statistics/median-interval.js';

describe('the interval of a median', () => {
  it.each([
    [5, 1, 5, 0.9375],
    [6, 1, 6, 0.96875],
    [8, 1, 8, 0.9921875],
    [9, 2, 8, 0.9609375],
    [12, 3, 10, 0.961426],
    [19, 5, 15, 0.980789],
    [20, 6, 15, 0.958611],
  ])('of %d samples lies between those of rank %d and %d, as tables have it', (count, lower, upper, coverage) => {
    const ranks = medianRanks(count);
    expect(ranks).toMatchObject({ lower, upper });
    expect(ranks.coverage).toBeCloseTo(coverage, 6);
  });

  it('is the whole range of fewer than 6 samples, with what that is worth', () => {
    expect([1, 2, 3, 4].map(medianRanks)).toEqual([
      { lower: 1, upper: 1, coverage: 0 },
      { lower: 1, upper: 2, coverage: 0.5 },
      { lower: 1, upper: 3, coverage: 0.75 },
      { lower: 1, upper: 4, coverage: 0.875 },
    ]);
  });

  it.each([5, 7, 11, 19])(
    'contains the median of a skewed distribution as often as it says, with %d samples',
    (count) => {
      const random = seededRandom(7);
      const { lower, upper, coverage } = medianRanks(count);
      const rounds = 4000;
      let hits = 0;
      for (let round = 0; round < rounds; round += 1) {
        const samples = Array.from({ length: count }, () => -Math.log(1 - random())).sort((a, b) => a - b);
        if ((samples[lower - 1] ?? 0) <= Math.LN2 && Math.LN2 <= (samples[upper - 1] ?? 0)) hits += 1;
      }
      expect(Math.abs(hits / rounds - coverage)).toBeLessThan(0.015);
    },
  );
});
