import { expect, it } from 'vitest';
import { jainIndex } from '../../../src/core/statistics/jain.js';

it.each([
  [[5, 5, 5, 5], 1],
  [[8, 0, 0, 0], 0.25],
  [[1, 3], 0.8],
  [[0, 0], null],
  [[], null],
])("Jain's index of %j is %s", (amounts, index) => {
  expect(jainIndex(amounts)).toBe(index);
});
