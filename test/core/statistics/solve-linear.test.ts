import { expect, it } from 'vitest';
import { solveLinear } from '../../../src/core/statistics/solve-linear.js';

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
