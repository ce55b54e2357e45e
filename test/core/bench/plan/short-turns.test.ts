import { describe, expect, it } from 'vitest';
import { inShortTurns } from '../../../../src/core/bench/plan/short-turns.js';

const closed = (...concurrency: number[]) => ({ type: 'closed', concurrency }) as const;
const open = { type: 'open', rate: 5, arrival: 'poisson' } as const;

describe('trials of two servers', () => {
  it.each([
    ['4 turns of 50 requests are what most trials become', closed(8), 200, 5, 50, 20],
    ['there are never more than 4 turns, however long the trial', closed(8), 4000, 5, 1000, 20],
    ['a turn has 50 requests at least', closed(1), 100, 5, 50, 10],
    ['a short trial is left as it is', closed(1), 99, 5, 99, 5],
    ['each client has 6 requests in a turn at least', closed(4, 16), 200, 5, 100, 10],
    ['so a trial of many clients is left as it is', closed(64), 200, 5, 200, 5],
    ['an open loop has no clients to wait for', open, 200, 5, 50, 20],
    ['no turn has fewer requests than its share', closed(8), 202, 1, 51, 4],
  ])('%s', (_, load, requests, trials, perTurn, turns) => {
    expect(inShortTurns({ load, requests, durationMs: null, trials })).toEqual({
      load,
      requests: perTurn,
      durationMs: null,
      trials: turns,
    });
  });

  it.each([
    [10_000, 10_000, 5],
    [25_000, 12_500, 10],
    [60_000, 15_000, 20],
  ])('of %d ms are cut into turns of %d ms', (durationMs, perTurnMs, turns) => {
    const cut = inShortTurns({ load: closed(8), requests: null, durationMs, trials: 5 });
    expect(cut).toMatchObject({ requests: null, durationMs: perTurnMs, trials: turns });
  });
});
