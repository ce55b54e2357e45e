import { describe, expect, it } from 'vitest';
import { longestLookMs, lookLength, mostLooks } from '../../../../src/core/bench/search/look-length.js';

const shortest = { durationMs: 1000, warmupMs: 100 };
const objectives = [{ text: 'ttft.p95<500ms', allowedShare: 0.05 }];

describe('a measurement of a search', () => {
  it('lasts longer each time, with a fourth of it before it as its warm-up', () => {
    const lengths = Array.from({ length: mostLooks }, (_, index) =>
      lookLength(shortest, { look: index + 1, rate: null, objectives }),
    );
    expect(lengths.map(({ durationMs }) => durationMs)).toEqual([1000, 1000, 2000, 4000, 8000]);
    expect(lengths.map(({ warmupMs }) => warmupMs)).toEqual([250, 250, 500, 1000, 2000]);
    expect(longestLookMs(1000)).toBe(10_000);
  });

  it('has no shorter warm-up than the plan', () => {
    expect(lookLength({ ...shortest, warmupMs: 700 }, { look: 3, rate: null, objectives }).warmupMs).toBe(700);
  });

  it.each([
    [1, 10, 0.05, 1000],
    [2, 10, 0.05, 7500],
    [2, 10, 0.01, 37_500],
    [2, 1000, 0.05, 1000],
    [2, 0.1, 0.05, 60_000],
  ])(
    'no. %i at %d requests/s, of which a share of %d may miss, lasts %i ms',
    (look, rate, allowedShare, durationMs) => {
      const tight = [...objectives, { text: 'e2e.p95<9s', allowedShare }];
      expect(lookLength(shortest, { look, rate, objectives: tight }).durationMs).toBe(durationMs);
    },
  );
});
