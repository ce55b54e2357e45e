import { describe, expect, it } from 'vitest';
import { candidateFirst } from '../../../../src/core/bench/plan/turn-order.js';

const trials = Array.from({ length: 40 }, (_, index) => index + 1);

/** By how much the candidate is measured later than the baseline, in runs. */
const lead = (trial: number): number => (candidateFirst(trial) ? -1 : 1);

describe('the order of two servers', () => {
  it('begins with the candidate, twice, and then the other way round', () => {
    expect(trials.slice(0, 6).map(candidateFirst)).toEqual([true, true, false, false, true, true]);
  });

  it('is such that steady drift cancels out over any four trials', () => {
    for (const first of trials.slice(0, -3)) {
      expect(lead(first) + lead(first + 1) + lead(first + 2) + lead(first + 3)).toBe(0);
    }
  });

  it('is turned round between as many neighbours as it is kept', () => {
    const kept = trials.slice(0, 20).filter((trial) => candidateFirst(trial) === candidateFirst(trial + 1));
    expect(kept).toHaveLength(10);
  });
});
