import { describe, expect, it } from 'vitest';
import type { RunTrend } from '../../../src/core/bench/record/run-trend.js';
import type { Look } from '../../../src/core/bench/search/evidence.js';
import { lookOf } from '../../../src/core/bench/search-look.js';
import { parseObjective } from '../../../src/core/measurement/settings/objectives.js';

/** 20 s of 40 requests/s whose mean TTFT rises from 100 ms on, and whose answers then take 50 ms. */
function trendOf(risesMsPerSecond: number): RunTrend {
  const bins = Array.from({ length: 21 }, (_, second) => ({
    ...{ sent: 40, firstTokens: 40, streamUs: 40 * 50_000, inFlightUs: 4e6 },
    ...{ ttftUs: 40 * (100 + risesMsPerSecond * second) * 1000, judged: [40], missed: [second % 2] },
  }));
  return { binUs: 1e6, bins };
}

function look(objective: string, trend: RunTrend, by: 'rate' | 'concurrency' = 'rate'): Look {
  const search = { objectives: [parseObjective(objective)], by };
  return lookOf(
    { run: { requests: { completed: 840 } }, trend },
    { load: 40, search, ranMs: 25_000, longestMs: 100_000 },
  );
}

describe('a measurement as a search takes it', () => {
  it('has the missed requests in pieces of time', () => {
    const { missed, answered } = look('ttft.p95<500ms', trendOf(0));
    expect(missed[0]).toHaveLength(11);
    expect(missed[0]?.[0]).toEqual({ successes: 1, attempts: 80 });
    expect(answered).toBe(840);
  });

  it.each([
    // 120 s after its beginning, TTFT would be 220 ms, and the end of an answer 50 ms later.
    ['ttft.p95<215ms', true],
    ['ttft.p95<225ms', false],
    ['ttft_from_schedule.p95<215ms', true],
    ['e2e.p95<265ms', true],
    ['e2e.p95<275ms', false],
    ['tpot.p95<1ms', false],
  ])('rises if %s breaks within the length of the longest measurement: %s', (objective, isRising) => {
    expect(look(objective, trendOf(1)).isRising).toBe(isRising);
    expect(look(objective, trendOf(0)).isRising).toBe(false);
    expect(look(objective, trendOf(1), 'concurrency').isRising).toBe(false);
  });

  it.each([
    // What a wait may grow by in 25 s.
    ['ttft.p95<600ms', 0.02],
    ['e2e.p95<650ms', 0.02],
    ['ttft.p95<90ms', 0],
    ['tpot.p95<10ms', 0],
  ])('may exceed what the server can do by a share that %s does not show: %s', (objective, excess) => {
    expect(look(objective, trendOf(0)).hiddenExcess).toBeCloseTo(excess, 6);
    expect(look(objective, trendOf(0), 'concurrency').hiddenExcess).toBe(0);
  });
});
