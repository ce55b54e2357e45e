import { expect, it } from 'vitest';
import { littlesLawError } from '../../../src/core/statistics/littles-law.js';

it('is 0 where as many are in flight as rate and latency say', () => {
  expect(littlesLawError(6, 12, 0.5)).toBe(0);
});

it.each([
  [8, 12, 0.5, 0.25],
  [5, 12, 0.5, 0.2],
])(
  'is the difference as a share of what was counted (%d in flight, %d/s of %d s: %d)',
  (counted, rate, seconds, error) => {
    expect(littlesLawError(counted, rate, seconds)).toBeCloseTo(error, 12);
  },
);

it('is not known if nothing was in flight', () => {
  expect(littlesLawError(0, 0, 0)).toBeNull();
});
