import { describe, expect, it } from 'vitest';
import type { TrendBin } from '../../../../src/core/bench/record/run-trend.js';
import { overloadOf } from '../../../../src/core/bench/result/overload.js';

/** One bin of a second. */
function bin(sent: number, inFlight: number, ttftMs: number): TrendBin {
  return { sent, firstTokens: sent, ttftUs: sent * ttftMs * 1000, inFlightUs: inFlight * 1e6, judged: [], missed: [] };
}

function trendOf(bins: readonly TrendBin[]): Parameters<typeof overloadOf>[0] {
  return { binUs: 1e6, bins: [...bins, bin(1, 0, 0)] };
}

describe('a queue that grows without end', () => {
  it('is noticed where requests in flight and TTFT rise all the time', () => {
    const bins = Array.from({ length: 20 }, (_, second) => bin(40, 5 + 10 * second, 100 + 250 * second));
    const overload = overloadOf(trendOf(bins));
    expect(overload?.in_flight_per_second).toEqual({ slope: 10, lower: 10, upper: 10 });
    expect(overload?.ttft_ms_per_second.slope).toBeCloseTo(250, 0);
  });

  it('is not one that stays as long as it is', () => {
    const bins = Array.from({ length: 20 }, (_, second) => bin(40, 5 + (second % 3), 100 + (second % 4)));
    expect(overloadOf(trendOf(bins))).toBeNull();
  });

  it('is not one that grows no more than chance lets it', () => {
    const bins = Array.from({ length: 20 }, (_, second) => bin(40, 5 + second, 100 + second));
    expect(overloadOf(trendOf(bins))).toBeNull();
  });

  it('is not told from a run of a few moments, or from none', () => {
    expect(overloadOf(trendOf([bin(40, 5, 100), bin(40, 50, 900)]))).toBeNull();
    expect(overloadOf({ binUs: 1e6, bins: [] })).toBeNull();
  });
});
