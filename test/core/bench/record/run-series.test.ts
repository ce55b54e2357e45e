import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CompletedRequest, UnansweredRequest } from '../../../../src/core/bench/client/outcome.js';
import { RunRecorder } from '../../../../src/core/bench/record/run-recorder.js';
import { mergedSeries, type RunSeries } from '../../../../src/core/bench/record/run-series.js';
import { LatencyHistogram } from '../../../../src/core/measurement/latency/histogram.js';
import { countOf } from '../../../../src/core/measurement/latency/latency-sketch.js';

const second = 1e6;

interface Asked {
  readonly sendUs: number;
  readonly gapUs: number;
  readonly tokens: number;
  readonly isAnswered: boolean;
}

/** Arrivals as a load generator sees them: over 20 minutes, so that bins become longer. */
const asked = fc.array(
  fc.record({
    sendUs: fc.integer({ min: 0, max: 1200 * second }),
    gapUs: fc.integer({ min: 1, max: 3 * second }),
    tokens: fc.integer({ min: 1, max: 20 }),
    isAnswered: fc.boolean(),
  }),
  { minLength: 1, maxLength: 30 },
);

function outcomeOf({ sendUs, gapUs, tokens, isAnswered }: Asked): CompletedRequest | UnansweredRequest {
  const lastTokenUs = sendUs + tokens * gapUs;
  const times = { intendedUs: sendUs, sendUs, endUs: lastTokenUs, reconnects: 0 };
  if (!isAnswered) return { status: 'failed', code: 'http_500', message: 'broken', ...times };
  return {
    status: 'completed',
    ...times,
    firstTokenUs: sendUs + gapUs,
    lastTokenUs,
    tokenChunks: tokens,
    gapsUs: Array.from({ length: tokens - 1 }, () => gapUs),
    tokenCounts: null,
    cachedTokens: null,
    unseenReasoning: 0,
    promptTokens: 5,
    outputTokens: tokens * 2,
    serverTimings: null,
  };
}

function seriesOf(requests: readonly Asked[]): RunSeries {
  const recorder = new RunRecorder([], 0);
  for (const request of requests) {
    recorder.begin(request.sendUs);
    recorder.end(outcomeOf(request));
  }
  return recorder.part(new LatencyHistogram()).series;
}

const total = (series: RunSeries, name: 'sent' | 'completed' | 'failed' | 'tokens'): number =>
  series.bins.reduce((sum, bin) => sum + bin[name], 0);

describe('the series of a run', () => {
  it('loses nothing, and has at most 300 bins', () => {
    fc.assert(
      fc.property(asked, (requests) => {
        const answered = requests.filter(({ isAnswered }) => isAnswered);
        const series = seriesOf(requests);
        expect(series.bins.length).toBeLessThanOrEqual(300);
        expect(total(series, 'sent')).toBe(requests.length);
        expect(total(series, 'completed')).toBe(answered.length);
        expect(total(series, 'failed')).toBe(requests.length - answered.length);
        expect(total(series, 'tokens')).toBeCloseTo(answered.reduce((sum, { tokens }) => sum + tokens * 2, 0));
        expect(series.bins.reduce((sum, { ttft }) => sum + countOf(ttft), 0)).toBe(answered.length);
      }),
    );
  });

  it('of several threads is the one that a single thread would have recorded', () => {
    fc.assert(
      fc.property(asked, asked, (one, other) => {
        const merged = mergedSeries([seriesOf(one), seriesOf(other)]);
        const whole = seriesOf([...one, ...other]);
        expect(merged.binUs).toBe(whole.binUs);
        expect(merged.bins.length).toBe(whole.bins.length);
        for (const [index, bin] of whole.bins.entries()) {
          const { tokens = NaN, ...others } = merged.bins[index] ?? {};
          // Tokens are sums of fractions, in another order.
          expect(tokens).toBeCloseTo(bin.tokens, 6);
          expect({ ...others, tokens: bin.tokens }).toEqual(bin);
        }
      }),
    );
  });

  it('puts tokens where they arrive, and latencies where the request was sent', () => {
    const { binUs, bins } = seriesOf([{ sendUs: 0.5 * second, gapUs: second, tokens: 3, isAnswered: true }]);
    expect(binUs).toBe(second);
    expect(bins.map(({ sent, completed, tokens, ttft }) => [sent, completed, tokens, countOf(ttft)])).toEqual([
      [1, 0, 0, 1],
      [0, 0, 2, 0],
      [0, 0, 2, 0],
      [0, 1, 2, 0],
    ]);
  });
});
