import { describe, expect, it } from 'vitest';
import { candidateFirst, inShortTrials } from '../../../../src/core/bench/plan/interleaving.js';

const closed = (...concurrency: number[]) => ({ type: 'closed', concurrency }) as const;
const open = { type: 'open', rates: [5], arrival: 'poisson' } as const;

describe('trials of two servers', () => {
  it.each([
    ['most trials become 4', closed(8), 200, 5, 50, 20],
    ['no trial becomes more than 4, however long it is', closed(8), 4000, 5, 1000, 20],
    ['a short trial has at least 8 requests', closed(1), 30, 5, 10, 15],
    ['a short trial is left as it is', closed(1), 15, 5, 15, 5],
    ['each client sends at least 2 requests in a short trial', closed(4, 16), 70, 5, 35, 10],
    ['so a trial of many clients is left as it is', closed(64), 200, 5, 200, 5],
    ['an open loop has no clients to wait for', open, 200, 5, 50, 20],
    ['no short trial has fewer requests than its share', closed(8), 202, 1, 51, 4],
  ])('%s', (_, load, requests, trials, perTrial, shortTrials) => {
    expect(inShortTrials({ load, requests, durationMs: null, trials, leastTrials: trials })).toEqual({
      load,
      requests: perTrial,
      durationMs: null,
      trials: shortTrials,
      leastTrials: shortTrials,
    });
  });

  it.each([
    [9000, 9000, 5],
    [10_000, 5000, 10],
    [60_000, 15_000, 20],
  ])('of %d ms are cut into short trials of %d ms', (durationMs, perTrialMs, shortTrials) => {
    const cut = inShortTrials({ load: closed(8), requests: null, durationMs, trials: 5, leastTrials: 3 });
    expect(cut).toMatchObject({
      requests: null,
      durationMs: perTrialMs,
      trials: shortTrials,
      leastTrials: (3 * shortTrials) / 5,
    });
  });
});

const trials = Array.from({ length: 40 }, (_, index) => index + 1);

/** By how much the candidate is measured later than the baseline, in runs. */
const lead = (trial: number): number => (candidateFirst(trial) ? -1 : 1);

describe('the order of two interleaved servers', () => {
  it('begins with the candidate twice, then with the baseline twice', () => {
    expect(trials.slice(0, 6).map(candidateFirst)).toEqual([true, true, false, false, true, true]);
  });

  it('lets steady drift cancel out over any four trials', () => {
    for (const first of trials.slice(0, -3)) {
      expect(lead(first) + lead(first + 1) + lead(first + 2) + lead(first + 3)).toBe(0);
    }
  });

  it('is reversed between as many neighbouring trials as it is kept', () => {
    const kept = trials.slice(0, 20).filter((trial) => candidateFirst(trial) === candidateFirst(trial + 1));
    expect(kept).toHaveLength(10);
  });
});
