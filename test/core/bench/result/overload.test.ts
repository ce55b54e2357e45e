import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../src/core/base/random.js';
import type { CompletedRequest } from '../../../../src/core/bench/client/outcome.js';
import type { RequestMetrics } from '../../../../src/core/bench/record/answers/request-metrics.js';
import { type RunTrend, type TrendBin, TrendRecorder } from '../../../../src/core/bench/record/run-trend.js';
import {
  type Filling,
  type QueueGrowth,
  queueGrowthOf,
  singleFilling,
  ttftAhead,
} from '../../../../src/core/bench/result/overload.js';
import type { Overload } from '../../../../src/core/measurement/result-schema.js';

/** One bin of a second. */
function bin(sent: number, inFlight: number, ttftMs: number, streamMs = 0): TrendBin {
  const times = { ttftUs: sent * ttftMs * 1000, streamUs: sent * streamMs * 1000, inFlightUs: inFlight * 1e6 };
  return { sent, firstTokens: sent, ...times, judged: [], missed: [] };
}

function trendOf(bins: readonly TrendBin[]): RunTrend {
  return { binUs: 1e6, bins: [...bins, bin(1, 0, 0)] };
}

const untold = { overload: null, fillingSeconds: null, undecidedSeconds: null };

const overloadOf = (trend: RunTrend): Overload | null => queueGrowthOf(trend, singleFilling).overload;

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

describe('a time to first token that rises', () => {
  it('is foreseen from its slope, long before the queue has grown by more than chance lets it', () => {
    const bins = Array.from({ length: 20 }, (_, second) => bin(40, 5, 100 + 2 * second));
    expect(overloadOf(trendOf(bins))).toBeNull();
    // 139 ms at its end, and 2 ms more in each second after it.
    expect(ttftAhead(trendOf(bins), 30_000)).toBeCloseTo(199, 0);
    expect(ttftAhead(trendOf(bins), 0)).toBeCloseTo(139, 0);
  });

  it('is not foreseen where it does not clearly rise, or the run was too short', () => {
    const steady = Array.from({ length: 20 }, (_, second) => bin(40, 5, 100 + (second % 4)));
    const falling = Array.from({ length: 20 }, (_, second) => bin(40, 5, 200 - second));
    for (const bins of [steady, falling, [bin(40, 5, 100), bin(40, 5, 900)], []]) {
      expect(ttftAhead(trendOf(bins), 60_000)).toBeNull();
    }
  });
});

/** A run against a server of `slots` places, as it is recorded. All times are in seconds. */
interface Simulated {
  /** Of conversations. */
  readonly rate: number;
  readonly seconds: number;
  /** Of the time from the first token to the last one; drawn evenly around it. */
  readonly streamSeconds: number;
  readonly slots?: number;
  readonly turns?: number;
  readonly thinkSeconds?: number;
  /** To the first token, for each turn so far. */
  readonly prefillSeconds?: number;
}

/** First come, first served, with Poisson arrivals. */
function simulated(run: Simulated): RunTrend {
  const { rate, seconds, streamSeconds, slots = Infinity, turns = 1, thinkSeconds = 0, prefillSeconds = 0.1 } = run;
  const random = seededRandom(3);
  const recorder = new TrendRecorder([], 0);
  const due: { atSeconds: number; turn: number }[] = [];
  for (let at = 0; at < seconds; at -= Math.log(1 - random()) / rate) due.push({ atSeconds: at, turn: 1 });
  const free: number[] = [];
  const ends: { readonly from: number; readonly to: number }[] = [];
  for (let next = due.shift(); next !== undefined; next = due.shift()) {
    const { atSeconds, turn } = next;
    const place = free.length < slots ? free.length : free.indexOf(Math.min(...free));
    const beginSeconds = Math.max(atSeconds, free[place] ?? 0);
    const firstSeconds = beginSeconds + turn * prefillSeconds;
    const endSeconds = firstSeconds + streamSeconds * (0.5 + random());
    free[place] = endSeconds;
    const [ttft, e2e] = [(firstSeconds - atSeconds) * 1e6, (endSeconds - atSeconds) * 1e6];
    recorder.sent(atSeconds * 1e6);
    recorder.answered(answerAt(atSeconds * 1e6), { ...noMetrics, ttft, e2e });
    ends.push({ from: atSeconds, to: endSeconds });
    const again = endSeconds + thinkSeconds;
    if (turn < turns && again < seconds) {
      due.push({ atSeconds: again, turn: turn + 1 });
      due.sort((one, other) => one.atSeconds - other.atSeconds);
    }
  }
  for (let at = 0; at < seconds; at += 0.2) {
    recorder.inFlight(at * 1e6, ends.filter(({ from, to }) => from <= at && at < to).length, 200_000);
  }
  return recorder.trend;
}

const noMetrics: RequestMetrics = {
  ...{ ttft: null, ttft_from_schedule: null, client_wait: null, queue_wait: null, prefill: null },
  ...{ delivery: null, tpot: null, e2e: null },
};

function answerAt(us: number): CompletedRequest {
  return {
    status: 'completed',
    ...{ intendedUs: us, sendUs: us, firstTokenUs: us, lastTokenUs: us, endUs: us },
    ...{ reconnects: 0, tokenChunks: 1, gapsUs: [], tokenCounts: null, unseenReasoning: 0 },
    ...{ promptTokens: 5, outputTokens: 1, cachedTokens: null, serverTimings: null },
  };
}

const conversations = (turns: number, thinkSeconds: number): Filling => ({
  ...singleFilling,
  turns,
  thinkMs: thinkSeconds * 1000,
});

describe('a queue that grew by no more than chance can make it grow', () => {
  const twiceAsMuch = { rate: 3, slots: 1, prefillSeconds: 0.02, streamSeconds: 0.64 };

  it('is undecided, and says after how long such a growth is more than chance', () => {
    const growing = (seconds: number): QueueGrowth =>
      queueGrowthOf(
        trendOf(Array.from({ length: seconds }, (_, second) => bin(4, 5 + second, 100 + 250 * second))),
        singleFilling,
      );
    const { overload, fillingSeconds, undecidedSeconds } = growing(12);
    expect({ overload, fillingSeconds }).toEqual({ overload: null, fillingSeconds: null });
    expect(undecidedSeconds).toBeGreaterThan(36);
    expect(growing(Math.ceil((undecidedSeconds ?? 0) / 3) - 3).overload).toBeNull();
    expect(growing(Math.ceil(undecidedSeconds ?? 0))).toMatchObject({
      overload: { in_flight_per_second: {} },
      undecidedSeconds: null,
    });
  });

  it('is undecided after ten seconds at twice what the server can follow, and clear after a minute', () => {
    const shortRun = queueGrowthOf(simulated({ ...twiceAsMuch, seconds: 10 }), singleFilling);
    expect(shortRun).toEqual({ ...untold, undecidedSeconds: expect.any(Number) as number });
    expect(queueGrowthOf(simulated({ ...twiceAsMuch, seconds: 60 }), singleFilling).overload).not.toBeNull();
  });

  it('is not in question where the server can follow', () => {
    const seconds = 25;
    for (const rate of [0.3, 0.6, 0.9]) {
      expect(queueGrowthOf(simulated({ ...twiceAsMuch, rate, seconds }), singleFilling).undecidedSeconds).toBeNull();
    }
  });
});

describe('an open loop that only fills up', () => {
  it('is not a queue that grows: with conversations whose prompts become longer', () => {
    const load = { rate: 40, turns: 5, streamSeconds: 1, thinkSeconds: 1, prefillSeconds: 0.05 };
    const filling = conversations(5, 1);
    expect(queueGrowthOf(simulated({ ...load, seconds: 12 }), filling)).toEqual({
      ...untold,
      fillingSeconds: expect.closeTo(2 * (5 * 1.08 + 4), 0) as number,
    });
    // The check has something to find: taken for single requests, they would be a queue that grows.
    expect(queueGrowthOf(simulated({ ...load, seconds: 12 }), singleFilling).overload).not.toBeNull();
    expect(queueGrowthOf(simulated({ ...load, seconds: 60 }), filling)).toEqual(untold);
  });

  it('is not one with answers longer than the run, of which the first ones get their tokens sooner', () => {
    const bins = Array.from({ length: 20 }, (_, second) => bin(10, 5 + 10 * second, 100 + 5 * second, 30_000));
    expect(queueGrowthOf(trendOf(bins), singleFilling)).toEqual({
      ...untold,
      fillingSeconds: expect.closeTo(60.2, 1) as number,
    });
  });

  it('has filled up by as much as the warm-up was long', () => {
    const bins = Array.from({ length: 20 }, (_, second) => bin(10, 5 + 10 * second, 100 + 50 * second, 8_000));
    expect(overloadOf(trendOf(bins))).toBeNull();
    expect(queueGrowthOf(trendOf(bins), { ...singleFilling, warmupMs: 10_000 }).overload).not.toBeNull();
  });

  it.each([1.3, 2, 4])('is one if the server can follow only 1 of %d requests', (times) => {
    const load = { rate: 20 * times, seconds: 30, streamSeconds: 1, slots: 22 };
    expect(queueGrowthOf(simulated(load), singleFilling)).toMatchObject({ overload: { in_flight_per_second: {} } });
  });

  it('is not one if it can follow', () => {
    const load = { rate: 12, seconds: 30, streamSeconds: 1, slots: 22 };
    expect(queueGrowthOf(simulated(load), singleFilling)).toEqual(untold);
  });

  it('is one with conversations that the server cannot follow', () => {
    const load = { rate: 10, turns: 5, streamSeconds: 1, thinkSeconds: 1, slots: 20, seconds: 60 };
    expect(queueGrowthOf(simulated(load), conversations(5, 1)).overload).not.toBeNull();
  });
});
