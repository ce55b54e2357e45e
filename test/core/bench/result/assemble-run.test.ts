import { describe, expect, it } from 'vitest';
import { assembleRun } from '../../../../src/core/bench/result/assemble-run.js';
import { ClientDelay } from '../../../../src/core/measurement/validity/client-delay.js';
import { contextOf, partOf, repeated, spanOf } from './parts.js';

/** 30 requests of 0.5 s and 10 tokens each; a warm-up request had half of its answer in the window. */
const first = partOf({
  completed: 30,
  good: 20,
  warmup: 2,
  servedRequests: 30.5,
  servedTokens: 305,
  outputTokens: 300,
  inputTokens: 1200,
  tokenSources: { usage: 30, chunks: 0 },
  span: spanOf(1, 11, 10.5),
  inFlightUs: 15e6,
  histograms: { ttft: repeated(100, 30), e2e: repeated(500, 30) },
});
const second = partOf({
  completed: 10,
  refused: 4,
  failed: 5,
  timedOut: 1,
  reconnects: 2,
  warmup: 1,
  errors: { queue_full: { count: 4, message: 'full' }, http_500: { count: 5, message: 'oops' } },
  good: 10,
  servedRequests: 9.5,
  servedTokens: 95,
  outputTokens: 100,
  inputTokens: 400,
  tokenSources: { usage: 10, chunks: 0 },
  span: spanOf(1.1, 21, 9),
  inFlightUs: 5e6,
  histograms: { ttft: repeated(300, 10), e2e: repeated(500, 10) },
});
const both = [first, second];

describe('assembleRun', () => {
  it('adds up its workers', () => {
    const run = assembleRun(both, contextOf());
    expect(run).toMatchObject({
      settings: { concurrency: 4, max_concurrency: 2, rate: null },
      trial: 1,
      requests: {
        ...{ completed: 40, refused: 4, failed: 5, timed_out: 1, reconnects: 2 },
        errors: { queue_full: 4, http_500: 5 },
        examples: { queue_full: 'full', http_500: 'oops' },
      },
      output_tokens_source: 'usage',
    });
    expect(run.metrics.ttft).toMatchObject({ count: 40 });
  });

  it('merges their histograms instead of averaging their percentiles', () => {
    const { p50, mean, max } = assembleRun(both, contextOf()).metrics.ttft;
    expect(p50).toBeCloseTo(100, 0);
    expect(mean).toBeCloseTo(150, 0);
    expect(max).toBeCloseTo(300, -0.5);
  });

  it('begins with the first end of a warm-up and ends with the last end', () => {
    expect(assembleRun(both, contextOf()).window).toEqual({ seconds: 9.5, span_seconds: 20, warmup_requests: 3 });
  });

  it('ends with the planned time of an open loop, in which nothing more was due', () => {
    // 10 requests in 10 s, the last of which was sent after 9 s and took 0.1 s.
    const one = partOf({ completed: 10, servedRequests: 10, servedTokens: 50, span: spanOf(1, 10.1, 10) });
    const { rates, window } = assembleRun([one], contextOf({ plannedSeconds: 10 }));
    expect(window).toMatchObject({ seconds: 9, span_seconds: 10 });
    expect(rates).toMatchObject({ requests_per_second: 1, output_tokens_per_second: 5 });
    expect(assembleRun([one], contextOf({ plannedSeconds: 5 })).window.span_seconds).toBeCloseTo(9.1, 9);
  });

  it('says for how long it went on beyond its duration', () => {
    const run = assembleRun([first, { ...second, extendedUs: 7e6 }], contextOf());
    expect(run.window).toMatchObject({ extended_seconds: 7 });
  });

  it('has rates over that time, of all that the server did in it', () => {
    expect(assembleRun(both, contextOf()).rates).toEqual({
      requests_per_second: 2,
      output_tokens_per_second: 20,
      input_tokens_per_second: 80,
      goodput: null,
      success_rate: 0.8,
    });
  });

  it('has as much goodput as good requests among the completed ones; the others missed their objectives', () => {
    expect(assembleRun(both, contextOf({ hasObjectives: true })).rates.goodput).toBeCloseTo(1.5, 9);
    expect(assembleRun([partOf()], contextOf({ hasObjectives: true })).rates.goodput).toBe(0);
  });

  it('does not know the input of a server that did not always say', () => {
    expect(
      assembleRun([first, { ...second, inputTokens: null }], contextOf()).rates.input_tokens_per_second,
    ).toBeNull();
  });

  it.each([
    [{ usage: 1, chunks: 0 }, 'usage'],
    [{ usage: 0, chunks: 1 }, 'chunks'],
    [{ usage: 1, chunks: 1 }, 'mixed'],
    [{ usage: 0, chunks: 0 }, 'none'],
  ])('says who counted tokens (%j: %s)', (tokenSources, source) => {
    const parts = [partOf({ tokenSources }), partOf()];
    expect(assembleRun(parts, contextOf()).output_tokens_source).toBe(source);
  });

  it('says that tokens were counted in two ways, even by different workers', () => {
    const parts = [
      partOf({ tokenSources: { usage: 1, chunks: 0 } }),
      partOf({ tokenSources: { usage: 0, chunks: 1 } }),
    ];
    expect(assembleRun(parts, contextOf()).output_tokens_source).toBe('mixed');
  });

  it('compares the requests in flight with rate and latency', () => {
    // Counted: 20 request-seconds in 20 s. By Little: 40 requests of 0.5 s in 20 s.
    expect(assembleRun(both, contextOf()).checks.littles_law_error).toBeCloseTo(0, 3);
    const more = [first, { ...second, inFlightUs: 10e6 }];
    expect(assembleRun(more, contextOf()).checks.littles_law_error).toBeCloseTo(0.2, 3);
  });

  it('is empty, and without a rate, if nothing was counted', () => {
    const run = assembleRun([partOf({ warmup: 3 })], contextOf());
    expect(run.window).toEqual({ seconds: 0, span_seconds: 0, warmup_requests: 3 });
    expect(run.rates).toMatchObject({ requests_per_second: 0, output_tokens_per_second: 0, success_rate: null });
    expect(run.checks.littles_law_error).toBeNull();
    expect(run.client.saturated).toBe(false);
  });

  it('has no throughput if every request failed, whatever was done in the warm-up', () => {
    const part = partOf({ failed: 3, servedRequests: 0.5, servedTokens: 5, span: spanOf(0, 1, 1) });
    const { rates } = assembleRun([part], contextOf({ hasObjectives: true }));
    expect(rates).toEqual({
      ...{ requests_per_second: 0, output_tokens_per_second: 0, input_tokens_per_second: 0 },
      ...{ goodput: 0, success_rate: 0 },
    });
  });
});

describe('the queue wait', () => {
  const buckets = [
    { upToMs: 100, count: 40 },
    { upToMs: null, count: 0 },
  ] as const;
  const aggregate = { buckets, count: 40, sumMs: 800 };
  const measured = partOf({ queueWaitSource: 'measured', histograms: { queue_wait: [1, 2, 3] } });

  it("is the requests' own, where the server reports it for each", () => {
    const { queue_wait: wait } = assembleRun([partOf(), measured], contextOf({ aggregate })).metrics;
    expect(wait).toMatchObject({ source: 'measured', count: 3, mean: 2 });
  });

  it("is the server's own count where it does not", () => {
    const { queue_wait: wait } = assembleRun([first], contextOf({ aggregate })).metrics;
    expect(wait).toMatchObject({ source: 'aggregate', count: 40, mean: 20 });
  });

  it('is unavailable where there is neither', () => {
    const { queue_wait: wait } = assembleRun([first], contextOf()).metrics;
    expect(wait).toMatchObject({ source: 'unavailable', count: 0, mean: null, p50: null });
  });
});

describe('the health of the load generator', () => {
  it('is that of all workers together', () => {
    const parts = [partOf({ loopDelayMs: repeated(0.2, 50) }), partOf({ loopDelayMs: repeated(0.4, 50) })];
    const { client } = assembleRun(parts, contextOf({ cpuShare: 0.5 }));
    expect(client).toMatchObject({ workers: 2, cpu_share: 0.25, saturated: false });
    expect(client.event_loop_delay_ms.p50).toBeCloseTo(0.2, 1);
    expect(client.event_loop_delay_ms.p99).toBeCloseTo(0.4, 1);
    expect(client.event_loop_delay_ms.max).toBeCloseTo(0.4, 1);
  });

  it('is bad if they were later than all times to first token differ', () => {
    const part = (...ttft: readonly number[]) => partOf({ loopDelayMs: repeated(4, 100), histograms: { ttft } });
    expect(assembleRun([part(20, 21, 22)], contextOf()).client.saturation).toEqual(['ttft-error']);
    expect(assembleRun([part(20, 30, 40)], contextOf()).client.saturation).toEqual([]);
  });

  it('is bad if they sent so late that the load was another one', () => {
    const part = (e2eMs: number) => partOf({ loopDelayMs: repeated(4, 100), histograms: { e2e: repeated(e2eMs, 10) } });
    expect(assembleRun([part(19)], contextOf()).client.saturation).toEqual(['late-sends']);
    expect(assembleRun([part(21)], contextOf()).client.saturation).toEqual([]);
  });

  it('keeps how late they were, for comparisons', () => {
    const { client } = assembleRun([partOf({ loopDelayMs: [1, 1, 1, 9] })], contextOf());
    expect(client.event_loop_delay_ms.mean).toBeCloseTo(3, 1);
    expect(ClientDelay.ofRuns([{ client }]).addedMs(99)).toBeCloseTo(9, 1);
  });

  it('counts the CPU time that each of them has', () => {
    const of = (cpuShare: number) => assembleRun([partOf(), partOf()], contextOf({ cpuShare })).client.saturation;
    expect(of(1.7)).toEqual([]);
    expect(of(1.9)).toEqual(['cpu']);
  });
});
