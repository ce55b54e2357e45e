import { describe, expect, it } from 'vitest';
import type { CompletedRequest } from '../../../../../src/core/bench/client/outcome.js';
import { isBurst } from '../../../../../src/core/bench/record/answers/burst.js';
import { metricsOf } from '../../../../../src/core/bench/record/answers/request-metrics.js';

/** Sent at 0; the first chunk after 1 s, then the others after these gaps. */
function answer(gapsUs: readonly number[], more: Partial<CompletedRequest> = {}): CompletedRequest {
  const lastTokenUs = 1_000_000 + gapsUs.reduce((sum, gap) => sum + gap, 0);
  return {
    status: 'completed',
    intendedUs: 0,
    sendUs: 0,
    firstTokenUs: 1_000_000,
    lastTokenUs,
    endUs: lastTokenUs,
    reconnects: 0,
    tokenChunks: gapsUs.length + 1,
    gapsUs,
    tokenCounts: null,
    promptTokens: 5,
    outputTokens: gapsUs.length + 1,
    cachedTokens: null,
    unseenReasoning: 0,
    serverTimings: null,
    ...more,
  };
}

const gaps = (count: number, us: number): number[] => Array.from({ length: count }, () => us);

describe('an answer in one burst', () => {
  it.each([
    ['all chunks in one read', answer(gaps(19, 0))],
    ['chunks written one after the other', answer(gaps(63, 100))],
    ['all but the first at once', answer([400_000, ...gaps(18, 0)])],
    ['many tokens in a single chunk', answer([], { outputTokens: 40 })],
  ])('is one with %s, and has no time per token', (_name, request) => {
    expect(isBurst(request)).toBe(true);
    expect(metricsOf(request)).toMatchObject({ tpot: null, ttft: 1_000_000 });
  });

  it.each([
    ['few tokens', answer(gaps(6, 0))],
    ['one token', answer([])],
    ['20 ms for each token', answer(gaps(19, 20_000))],
    ['a fast model', answer(gaps(63, 900))],
    ['8 tokens to a chunk', answer(gaps(7, 40_000), { outputTokens: 64 })],
    ['pairs of chunks', answer(gaps(20, 0).flatMap((gap) => [gap, 30_000]))],
    [
      'a long wait in a queue before a fast answer',
      answer(gaps(63, 200), { serverTimings: { source: 'measured', queueMs: 950, prefillMs: 50 } }),
    ],
    [
      'a short prefill before a fast answer',
      answer(gaps(63, 200), { serverTimings: { source: 'derived', promptMs: 20 } }),
    ],
  ])('is not one with %s', (_name, request) => {
    expect(isBurst(request)).toBe(false);
  });
});
