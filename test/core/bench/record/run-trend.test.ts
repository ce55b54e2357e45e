import { describe, expect, it } from 'vitest';
import { mergedTrend, TrendRecorder } from '../../../../src/core/bench/record/run-trend.js';
import { parseObjective } from '../../../../src/core/measurement/settings/objectives.js';

const second = 1_000_000;

describe('the trend of a run', () => {
  it('counts requests where they were meant to be sent, and those without an answer as misses', () => {
    const recorder = new TrendRecorder([parseObjective('ttft.p95<500ms')], second);
    recorder.sent(second);
    recorder.sent(1.25 * second);
    recorder.unanswered(1.25 * second);
    recorder.inFlight(1.25 * second, 2, 1000);
    const { binUs, bins } = recorder.trend;
    expect(binUs).toBe(100_000);
    expect(bins.map(({ sent, judged, missed }) => [sent, judged, missed])).toEqual([
      [1, [0], [0]],
      [0, [0], [0]],
      [1, [1], [1]],
    ]);
    expect(bins[2]?.inFlightUs).toBe(2000);
  });

  it('has at most 64 pieces, however long the run is', () => {
    const recorder = new TrendRecorder([], 0);
    for (let at = 0; at < 100; at += 1) recorder.sent(at * second);
    const { binUs, bins } = recorder.trend;
    expect(binUs).toBe(1_600_000);
    expect(bins.length).toBeLessThanOrEqual(64);
    expect(bins.reduce((sum, { sent }) => sum + sent, 0)).toBe(100);
  });

  it('of several workers has the longest pieces of any', () => {
    const [short, long] = [new TrendRecorder([], 0), new TrendRecorder([], 0)];
    short.sent(0);
    short.sent(150_000);
    long.sent(7 * second);
    const { binUs, bins } = mergedTrend([short.trend, long.trend]);
    expect(binUs).toBe(200_000);
    expect(bins[0]?.sent).toBe(2);
    expect(bins.at(-1)?.sent).toBe(1);
  });
});
