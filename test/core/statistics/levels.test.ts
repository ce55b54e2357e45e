import { describe, expect, it } from 'vitest';
import { Levels } from '../../../src/core/statistics/levels.js';
import { studentQuantile } from '../../../src/core/statistics/student.js';

const logs = (values: readonly number[]): readonly number[] => values.map(Math.log);

describe('the ratio of two levels', () => {
  it("has Student's interval, with the spread of both", () => {
    const [before, after] = [
      [90, 100, 110, 100],
      [118, 122],
    ];
    const { level, ratio, interval } = new Levels([logs(before), logs(after)]).lastOver(0);
    const mean = (values: readonly number[]): number => logs(values).reduce((sum, log) => sum + log, 0) / values.length;
    const squares = [before, after].flatMap((values) => logs(values).map((log) => (log - mean(values)) ** 2));
    const spread = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / 4);
    expect(level).toBeCloseTo(Math.exp(mean(before)), 9);
    expect(ratio).toBeCloseTo(Math.exp(mean(after) - mean(before)), 9);
    const half = studentQuantile(0.975, 4) * spread * Math.sqrt(1 / 4 + 1 / 2);
    expect(interval.lower).toBeCloseTo(ratio * Math.exp(-half), 9);
    expect(interval.upper).toBeCloseTo(ratio * Math.exp(half), 9);
  });

  it('is exact for values that do not differ', () => {
    const { ratio, interval } = new Levels([
      [0, 0, 0],
      [Math.log(2), Math.log(2)],
    ]).lastOver(0);
    expect([ratio, interval.lower, interval.upper].map((each) => Number(each.toFixed(9)))).toEqual([2, 2, 2]);
  });
});

describe('a further value', () => {
  it('has the prediction interval of the values before it', () => {
    const values = [95, 100, 105, 98, 103, 99];
    const { ratio, interval } = new Levels([logs(values)]).overLast(Math.log(120));
    // 1.198 ± 2.571 · 0.0353 · √(1 + 1/6) on the logarithms.
    expect(ratio).toBeCloseTo(1.2009, 3);
    expect(interval.lower).toBeCloseTo(1.0837, 2);
    expect(interval.upper).toBeCloseTo(1.3309, 2);
  });

  it('is compared with the last level alone', () => {
    const { level } = new Levels([logs([10, 10, 10]), logs([20, 20])]).overLast(Math.log(20));
    expect(level).toBeCloseTo(20, 9);
  });
});
