import { describe, expect, it } from 'vitest';
import type { CompletedRequest, UnansweredRequest } from '../../../../src/core/bench/client/outcome.js';
import { mergedSnapshot } from '../../../../src/core/bench/record/merged-snapshot.js';
import { RunRecorder, type RunSnapshot } from '../../../../src/core/bench/record/run-recorder.js';
import { LatencyHistogram } from '../../../../src/core/measurement/latency/histogram.js';
import { parseObjective } from '../../../../src/core/measurement/settings/objectives.js';

const second = 1e6;

/** Sent when due; the first token after 100 ms, then one each 100 ms. */
function completed(sendUs: number, tokens: number, more: Partial<CompletedRequest> = {}): CompletedRequest {
  const gapsUs = Array.from({ length: tokens - 1 }, () => 100_000);
  const lastTokenUs = sendUs + tokens * 100_000;
  return {
    status: 'completed',
    intendedUs: sendUs,
    sendUs,
    firstTokenUs: sendUs + 100_000,
    lastTokenUs,
    endUs: lastTokenUs,
    reconnects: 0,
    tokenChunks: tokens,
    gapsUs,
    tokenCounts: null,
    cachedTokens: null,
    unseenReasoning: 0,
    promptTokens: 5,
    outputTokens: tokens,
    serverTimings: null,
    ...more,
  };
}

function unanswered(status: UnansweredRequest['status'], code: string, sendUs = 0): UnansweredRequest {
  const times = { intendedUs: sendUs, sendUs, endUs: sendUs + 1000 };
  return { status, code, message: `because of ${code}`, reconnects: 0, ...times };
}

type RecordedPart = ReturnType<RunRecorder['part']>;

const part = (recorder: RunRecorder): RecordedPart => recorder.part(new LatencyHistogram());

function recorded(recorder: RunRecorder, ...outcomes: readonly (CompletedRequest | UnansweredRequest)[]): RecordedPart {
  for (const outcome of outcomes) recorder.begin(outcome.intendedUs);
  for (const outcome of outcomes) recorder.end(outcome);
  return part(recorder);
}

describe('RunRecorder', () => {
  it('counts outcomes, and keeps requests without an answer out of the latencies', () => {
    const result = recorded(
      new RunRecorder([], 0),
      completed(0, 4),
      unanswered('refused', 'queue_full'),
      unanswered('refused', 'queue_full'),
      unanswered('failed', 'http_500'),
      unanswered('timed_out', 'timeout'),
      completed(second, 4),
    );
    expect(result).toMatchObject({ completed: 2, refused: 2, failed: 1, timedOut: 1 });
    expect(result.errors).toEqual({
      queue_full: { count: 2, message: 'because of queue_full' },
      http_500: { count: 1, message: 'because of http_500' },
      timeout: { count: 1, message: 'because of timeout' },
    });
    expect(result.histograms.ttft.count).toBe(2);
    expect(result.histograms.chunk_gap.count).toBe(6);
  });

  it('does not count requests that the bench itself ended', () => {
    const result = recorded(new RunRecorder([], 0), unanswered('aborted', 'aborted'), completed(0, 2));
    expect(result).toMatchObject({ completed: 1, refused: 0, failed: 0, timedOut: 0, errors: {} });
  });

  it('spans from the end of the warm-up to the last end', () => {
    const result = recorded(new RunRecorder([], second), completed(2 * second, 5), completed(3 * second, 2));
    expect(result.span).toEqual({ beginUs: second, lastEndUs: 3.2 * second, lastIntendedUs: 3 * second });
  });

  it('has no span if nothing was counted', () => {
    expect(part(new RunRecorder([], 0)).span).toBeNull();
  });

  it('adds to what was served the part of a warm-up request that came after the warm-up', () => {
    const recorder = new RunRecorder([], second);
    // Its 10 tokens arrive at 0.8, 0.9, 1.0, … 1.7 s: 8 of them at the end of the warm-up or later.
    recorder.beginWarmup();
    recorder.endWarmup(completed(0.7 * second, 10));
    // Over before the warm-up was.
    recorder.beginWarmup();
    recorder.endWarmup(completed(0, 5));
    const result = recorded(recorder, completed(2 * second, 4));
    expect(result).toMatchObject({ warmup: 2, completed: 1, outputTokens: 4 });
    expect(result.servedTokens).toBeCloseTo(8 + 4);
    expect(result.servedRequests).toBeCloseTo(0.8 + 1);
    expect(result.histograms.ttft.count).toBe(1);
  });

  it('counts as good what met all objectives, whether they name a percentile or not', () => {
    const objectives = ['ttft.p95<150ms', 'e2e<500ms', 'chunk_gap<150ms', 'queue_wait<1ms'].map(parseObjective);
    const slowGap = completed(0, 3, { gapsUs: [100_000, 160_000] });
    const late = completed(0, 2, { firstTokenUs: 200_000, lastTokenUs: 300_000 });
    const result = recorded(new RunRecorder(objectives, 0), completed(0, 3), completed(0, 6), slowGap, late);
    expect(result.good).toBe(1);
  });

  it('does not know the input tokens if one answer does not say', () => {
    expect(recorded(new RunRecorder([], 0), completed(0, 2), completed(0, 2)).inputTokens).toBe(10);
    const silent = completed(0, 2, { promptTokens: null });
    expect(recorded(new RunRecorder([], 0), completed(0, 2), silent).inputTokens).toBeNull();
  });

  it('says whether the server or the client counted the tokens', () => {
    const result = recorded(new RunRecorder([], 0), completed(0, 2), completed(0, 3, { outputTokens: null }));
    expect(result.tokenSources).toEqual({ usage: 1, chunks: 1 });
    expect(result.outputTokens).toBe(5);
  });

  it('says where the queue wait comes from', () => {
    const timings = { source: 'measured', queueMs: 20, prefillMs: 70 } as const;
    const result = recorded(new RunRecorder([], 0), completed(0, 2, { serverTimings: timings }));
    expect(result.queueWaitSource).toBe('measured');
    expect(result.histograms.queue_wait.maxMs).toBeCloseTo(20, 1);
    expect(result.histograms.delivery.maxMs).toBeCloseTo(10, 1);
  });

  it('has the same account of the load by count as by the times of single requests', () => {
    const recorder = new RunRecorder([], 0);
    recorder.countInFlight(0);
    recorder.begin(0);
    recorder.begin(0);
    for (let nowUs = 10_000; nowUs <= 200_000; nowUs += 10_000) recorder.countInFlight(nowUs);
    recorder.end(completed(0, 2));
    for (let nowUs = 210_000; nowUs <= 400_000; nowUs += 10_000) recorder.countInFlight(nowUs);
    recorder.end(completed(0, 4));
    expect(part(recorder).inFlightUs).toBeCloseTo(600_000);
  });

  it('does not count a response as in flight that is only held open', () => {
    const recorder = new RunRecorder([], 0);
    recorder.countInFlight(0);
    recorder.begin(0);
    for (let nowUs = 10_000; nowUs <= 2_200_000; nowUs += 10_000) recorder.countInFlight(nowUs);
    // Whatever came in between: the finish reason, the usage, [DONE].
    recorder.end(completed(0, 2, { endUs: 2_200_000 }));
    const { inFlightUs, span, answers } = part(recorder);
    expect(inFlightUs).toBeCloseTo(200_000);
    expect(span?.lastEndUs).toBe(2_200_000);
    expect(answers).toMatchObject({ heldOpen: 1, heldOpenUs: 2_000_000 });
  });

  it.each([
    // The round in which the model ends its answer has no text.
    ['no longer than the server takes for a few texts', 3, 120_000, 350_000, 0],
    ['longer than that', 3, 120_000, 370_000, 1],
    ['no longer than 100 ms after quick texts', 3, 5000, 99_000, 0],
    ['longer than 100 ms after quick texts', 3, 5000, 101_000, 1],
    ['longer than 100 ms after a single text', 1, 0, 101_000, 1],
  ])('counts a response as held open by its own pace: %s', (_, texts, gapUs, heldUs, heldOpen) => {
    const gapsUs = Array.from({ length: texts - 1 }, () => gapUs);
    const lastTokenUs = 100_000 + gapUs * gapsUs.length;
    const outcome = completed(0, texts, { gapsUs, lastTokenUs, endUs: lastTokenUs + heldUs });
    expect(recorded(new RunRecorder([], 0), outcome).answers).toMatchObject({
      heldOpen,
      heldOpenUs: heldOpen * heldUs,
    });
  });

  it('takes the tokens of a warm-up request from its running count', () => {
    const recorder = new RunRecorder([], second);
    // Its chunks arrive at 0.9, 1.0 and 1.1 s; the first has 6 of its 10 tokens.
    recorder.beginWarmup();
    recorder.endWarmup(completed(0.8 * second, 3, { outputTokens: 10, tokenCounts: [6, 7, 10] }));
    expect(part(recorder).servedTokens).toBe(4);
  });

  it('leaves the chunk gaps and the time per token of bursts out', () => {
    const burst = completed(0, 9, { gapsUs: Array.from({ length: 8 }, () => 0), lastTokenUs: 100_000 });
    const objective = parseObjective('chunk_gap<150ms');
    const result = recorded(new RunRecorder([objective], 0), burst, completed(0, 9));
    expect(result.histograms.chunk_gap.count).toBe(8);
    expect(result.histograms.tpot.count).toBe(1);
    expect(result).toMatchObject({ completed: 2, good: 2, answers: { bursts: 1 } });
  });

  it('adds up what answers say about themselves', () => {
    const { answers } = recorded(
      new RunRecorder([], 0),
      completed(0, 3, { promptTokens: 100, cachedTokens: { tokens: 96, source: 'usage' } }),
      completed(0, 3, { promptTokens: 100 }),
      completed(0, 3, { promptTokens: null, cachedTokens: { tokens: 5, source: 'timings' } }),
      completed(0, 3, { outputTokens: 43, unseenReasoning: 40 }),
      completed(0, 5, { outputTokens: 1, unseenReasoning: 1 }),
    );
    expect(answers).toEqual({
      ...{ bursts: 0, hiddenTokens: 40, heldOpen: 0, heldOpenUs: 0 },
      ...{ unitemised: 4, unitemisedTokens: 12, unitemisedChunks: 12 },
      ...{ contradicted: 1, contradictedTokens: 1, contradictedChunks: 5 },
      ...{ promptTokens: 210, cachedTokens: 96, cachedByUsage: 1, cachedByTimings: 0 },
    });
  });

  it('counts the rest as other when a server sends ever new codes', () => {
    const recorder = new RunRecorder([], 0);
    const outcomes = Array.from({ length: 80 }, (_, index) => unanswered('failed', `error_${index}`));
    const { errors } = recorded(recorder, ...outcomes);
    expect(Object.keys(errors)).toHaveLength(51);
    expect(errors['other']?.count).toBe(30);
  });

  it('shows the figures so far', () => {
    const recorder = new RunRecorder([], 0);
    recorder.begin(0);
    recorder.begin(0);
    recorder.begin(0);
    recorder.end(completed(0, 4));
    recorder.end(unanswered('failed', 'http_500'));
    expect(recorder.snapshot).toMatchObject({ completed: 1, warmup: 0, inFlight: 1, unanswered: 1, servedTokens: 4 });
  });

  it('shows requests of the warm-up apart from those that count', () => {
    const recorder = new RunRecorder([], second);
    recorder.beginWarmup();
    recorder.beginWarmup();
    recorder.endWarmup(completed(0.9 * second, 4));
    recorder.begin(second);
    expect(recorder.snapshot).toMatchObject({ completed: 0, warmup: 2, inFlight: 2, servedTokens: 4, p50Ms: null });
  });

  it('shows the latency that the report shows first: in an open loop from when requests were due', () => {
    const late = { ...completed(0, 2), intendedUs: -5 * second };
    const median = (options?: { readonly headline: 'ttft_from_schedule' }): number | null => {
      const recorder = new RunRecorder([], 0, options);
      recorded(recorder, ...Array.from({ length: 5 }, () => late));
      return recorder.snapshot.p50Ms;
    };
    expect(median()).toBeCloseTo(100, 0);
    expect((median({ headline: 'ttft_from_schedule' }) ?? 0) / 5100).toBeCloseTo(1, 2);
  });

  it('shows the worst median of several threads, marked if any of them is one of few requests', () => {
    const snapshotOf = (count: number): RunSnapshot => {
      const recorder = new RunRecorder([], 0);
      recorded(recorder, ...Array.from({ length: count }, () => completed(0, 2)));
      return { ...recorder.snapshot, rejection: null };
    };
    expect(mergedSnapshot([snapshotOf(20), snapshotOf(20)])).toMatchObject({ completed: 40, isP50Rough: false });
    expect(mergedSnapshot([snapshotOf(20), snapshotOf(19)])).toMatchObject({ completed: 39, isP50Rough: true });
    // Four have no median that could be shown.
    expect(mergedSnapshot([snapshotOf(20), snapshotOf(4)])).toMatchObject({ completed: 24, isP50Rough: false });
  });

  it('shows no percentile that the report would not show', () => {
    const recorder = new RunRecorder([], 0);
    const shown = (count: number): readonly boolean[] => {
      recorded(recorder, ...Array.from({ length: count }, () => completed(0, 2)));
      const { p50Ms, p95Ms } = recorder.snapshot;
      return [p50Ms !== null, p95Ms !== null];
    };
    expect(shown(4)).toEqual([false, false]);
    expect(shown(1)).toEqual([true, false]);
    expect(shown(194)).toEqual([true, false]);
    expect(shown(1)).toEqual([true, true]);
    expect(recorder.snapshot.p50Ms).toBeCloseTo(100, 0);
  });
});
