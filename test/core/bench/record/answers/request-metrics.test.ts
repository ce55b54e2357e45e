import { describe, expect, it } from 'vitest';
import type { CompletedRequest } from '../../../../../src/core/bench/client/outcome.js';
import { contradictsUsage, outputTokensOf } from '../../../../../src/core/bench/record/answers/output-tokens.js';
import { metricsOf } from '../../../../../src/core/bench/record/answers/request-metrics.js';

/** Due at 1 s, sent 2 ms later, first token after 100 ms, then 4 chunks 50, 30, 20 and 100 ms apart. */
const request: CompletedRequest = {
  status: 'completed',
  intendedUs: 1_000_000,
  sendUs: 1_002_000,
  firstTokenUs: 1_102_000,
  lastTokenUs: 1_302_000,
  endUs: 1_310_000,
  reconnects: 0,
  tokenChunks: 5,
  gapsUs: [50_000, 30_000, 20_000, 100_000],
  tokenCounts: null,
  cachedTokens: null,
  unseenReasoning: 0,
  promptTokens: 12,
  outputTokens: 9,
  serverTimings: null,
};

describe('metricsOf', () => {
  it('has the values that can be computed by hand for a simple stream', () => {
    expect(metricsOf(request)).toEqual({
      client_wait: 2000,
      ttft: 100_000,
      ttft_from_schedule: 102_000,
      queue_wait: null,
      prefill: null,
      delivery: null,
      // 200 ms for the 8 tokens after the first
      tpot: 25_000,
      e2e: 300_000,
    });
  });

  it('takes the queue wait and the prefill from a server that measures them, and calls the rest delivery', () => {
    const timings = { source: 'measured', queueMs: 70, prefillMs: 25 } as const;
    expect(metricsOf({ ...request, serverTimings: timings })).toMatchObject({
      queue_wait: 70_000,
      prefill: 25_000,
      delivery: 5000,
    });
  });

  it('does not know the delivery without a prefill', () => {
    const timings = { source: 'measured', queueMs: 70, prefillMs: null } as const;
    expect(metricsOf({ ...request, serverTimings: timings })).toMatchObject({
      queue_wait: 70_000,
      prefill: null,
      delivery: null,
    });
  });

  it('derives the queue wait from the prompt processing, as an upper bound that includes the delivery', () => {
    const timings = { source: 'derived', promptMs: 60 } as const;
    expect(metricsOf({ ...request, serverTimings: timings })).toMatchObject({
      queue_wait: 40_000,
      prefill: 60_000,
      delivery: null,
    });
  });

  it('never has a negative wait, even if clocks disagree', () => {
    const derived = { source: 'derived', promptMs: 130 } as const;
    const measured = { source: 'measured', queueMs: 90, prefillMs: 30 } as const;
    expect(metricsOf({ ...request, serverTimings: derived }).queue_wait).toBe(0);
    expect(metricsOf({ ...request, serverTimings: measured }).delivery).toBe(0);
  });

  it('has no time per output token for a single token', () => {
    expect(metricsOf({ ...request, tokenChunks: 1, gapsUs: [], outputTokens: 1 }).tpot).toBeNull();
  });

  it('divides the time after the first chunk by the tokens after it, if the server counts them as they come', () => {
    // Of 9 tokens, 4 came with the first chunk.
    expect(metricsOf({ ...request, tokenCounts: [4, 5, 6, 7, 9] }).tpot).toBe(40_000);
  });

  it('does not divide by reasoning tokens that never came', () => {
    const hidden = { ...request, outputTokens: 29, unseenReasoning: 20 };
    expect(outputTokensOf(hidden)).toEqual({ tokens: 9, source: 'usage' });
    expect(metricsOf(hidden).tpot).toBe(25_000);
    expect(metricsOf({ ...hidden, tokenCounts: [24, 25, 26, 27, 29] }).tpot).toBe(40_000);
  });

  it('counts reasoning that came as ordinary text', () => {
    expect(outputTokensOf({ ...request, outputTokens: 5, unseenReasoning: 3 }).tokens).toBe(5);
  });

  it.each([0, 1, 2])('counts chunks if the usage claims %d tokens for 5 of them', (outputTokens) => {
    const contradicted = { ...request, outputTokens };
    expect(outputTokensOf(contradicted)).toEqual({ tokens: 5, source: 'chunks' });
    expect(metricsOf(contradicted).tpot).toBe(50_000);
  });

  it('counts chunks if the usage claims one token for two of them', () => {
    const contradicted = { ...request, tokenChunks: 2, gapsUs: [200_000], outputTokens: 1 };
    expect(outputTokensOf(contradicted)).toEqual({ tokens: 2, source: 'chunks' });
    expect(metricsOf(contradicted).tpot).toBe(200_000);
  });

  it('does not know the tokens of a whole answer with text of which the usage claims none', () => {
    const whole = { ...request, isWhole: true, tokenChunks: 1, gapsUs: [] } as const;
    expect(outputTokensOf({ ...whole, outputTokens: 0 })).toEqual({ tokens: 0, source: 'none' });
    expect(contradictsUsage({ ...whole, outputTokens: 0 })).toBe(true);
    expect(contradictsUsage({ ...whole, outputTokens: 1 })).toBe(false);
    expect(outputTokensOf({ ...whole, outputTokens: 7 })).toEqual({ tokens: 7, source: 'usage' });
  });

  it('believes the usage if there are somewhat more chunks than tokens', () => {
    expect(outputTokensOf({ ...request, outputTokens: 3 })).toEqual({ tokens: 3, source: 'usage' });
  });

  it('counts chunks as tokens if the server says nothing, and says so', () => {
    const without = { ...request, outputTokens: null };
    expect(outputTokensOf(without)).toEqual({ tokens: 5, source: 'chunks' });
    expect(metricsOf(without).tpot).toBe(50_000);
    expect(outputTokensOf(request)).toEqual({ tokens: 9, source: 'usage' });
  });
});
