import { describe, expect, it } from 'vitest';
import type { RunPart } from '../../../../src/core/bench/record/run-part.js';
import { assembleRun, type RunContext } from '../../../../src/core/bench/result/assemble-run.js';
import { settingsKey } from '../../../../src/core/measurement/by-setting.js';
import type { Run } from '../../../../src/core/measurement/result-schema.js';
import { type SettingSummary, summarise } from '../../../../src/core/measurement/settings/summarise.js';
import { contextOf, partOf, repeated, spanOf } from '../../bench/result/parts.js';

const setting = { concurrency: 4, max_concurrency: 2, rate: null };

function runOf(part: Partial<RunPart>, trial = 1, context: Partial<RunContext> = {}): Run {
  return assembleRun([{ ...partOf(), ...part }], contextOf({ planned: { setting, trial }, ...context }));
}

function summaryOf(...runs: readonly Run[]): SettingSummary {
  const [summary, ...others] = summarise(runs);
  if (summary === undefined || others.length > 0) throw new Error('There is not one summary.');
  return summary;
}

/** 90 fast requests in 10 s, then 30 slow ones in 30 s. */
const trials = [
  runOf(
    partOf({
      ...{ completed: 90, good: 90, servedRequests: 90, servedTokens: 900, inputTokens: 1800 },
      errors: { queue_full: { count: 1, message: 'full' } },
      refused: 10,
      span: spanOf(0, 10, 9),
      histograms: { ttft: repeated(100, 90), e2e: repeated(200, 90) },
    }),
    1,
    { hasObjectives: true },
  ),
  runOf(
    partOf({
      ...{ completed: 30, good: 0, servedRequests: 30, servedTokens: 300, inputTokens: 600 },
      errors: { queue_full: { count: 2, message: 'too full' }, timed_out: { count: 3, message: 'late' } },
      timedOut: 20,
      span: spanOf(0, 30, 9),
      histograms: { ttft: repeated(900, 30), e2e: repeated(1000, 30) },
    }),
    2,
    { hasObjectives: true },
  ),
];

describe('summarise', () => {
  it('puts the trials of each setting together, in the order in which settings came first', () => {
    const of = (maxConcurrency: number, trial: number): Run =>
      assembleRun(
        [partOf()],
        contextOf({ planned: { setting: { ...setting, max_concurrency: maxConcurrency }, trial } }),
      );
    const summaries = summarise([of(8, 1), of(1, 1), of(8, 2), of(1, 2), of(2, 1)]);
    expect(summaries.map((each) => [each.settings.max_concurrency, each.trials])).toEqual([
      [8, 2],
      [1, 2],
      [2, 1],
    ]);
  });

  it('is empty without runs', () => {
    expect(summarise([])).toEqual([]);
  });

  it('has the rates that counting over all trials would give', () => {
    const { rates } = summaryOf(...trials);
    expect(rates.requests_per_second).toBeCloseTo(120 / 40, 9);
    expect(rates.output_tokens_per_second).toBeCloseTo(1200 / 40, 9);
    expect(rates.input_tokens_per_second).toBeCloseTo(2400 / 40, 9);
    expect(rates.goodput).toBeCloseTo(90 / 40, 9);
    expect(rates.success_rate).toBeCloseTo(120 / 150, 9);
  });

  it('has percentiles of all samples together, which no average of percentiles is', () => {
    const { metrics, histograms } = summaryOf(...trials);
    expect(metrics.ttft.count).toBe(120);
    // 90 of 120 took 100 ms: the median is one of them, the mean of the medians would be 500 ms.
    expect(metrics.ttft.p50).toBeCloseTo(100, 0);
    expect(metrics.ttft.p90).toBeCloseTo(900, -0.5);
    expect(metrics.ttft.mean).toBeCloseTo(300, -0.5);
    expect(histograms.get('ttft')?.count).toBe(120);
    expect(histograms.has('prefill')).toBe(false);
  });

  it('adds up requests and errors, with one message for each', () => {
    expect(summaryOf(...trials).requests).toEqual({
      ...{ completed: 120, refused: 10, failed: 0, timed_out: 20, reconnects: 0 },
      errors: { queue_full: 3, timed_out: 3 },
      examples: { queue_full: 'full', timed_out: 'late' },
    });
  });

  it('does not know a rate that one trial does not know', () => {
    const part = partOf({ completed: 1, inputTokens: null, span: spanOf(0, 1, 1) });
    const { rates } = summaryOf(...trials.slice(0, 1), runOf(part, 2));
    expect(rates).toMatchObject({ input_tokens_per_second: null, goodput: null });
  });

  it('is not affected by a trial in which nothing was counted', () => {
    const { rates } = summaryOf(...trials, runOf(partOf(), 3, { hasObjectives: true }));
    expect(rates.requests_per_second).toBeCloseTo(3, 9);
    expect(summaryOf(runOf(partOf())).rates).toMatchObject({ requests_per_second: 0, success_rate: null });
  });

  it('has the prompt cache of all trials', () => {
    const cached = (cachedTokens: number, trial: number): Run =>
      runOf(partOf(), trial, { promptCache: { cachedTokens, promptTokens: 100 } });
    expect(summaryOf(cached(10, 1), cached(30, 2), runOf(partOf(), 3)).promptCache).toMatchObject({
      prompt_tokens: 200,
      share: 0.2,
    });
    expect(summaryOf(runOf(partOf())).promptCache).toBeNull();
  });

  it('is saturated if all trials together were', () => {
    const busy = runOf(partOf({ span: spanOf(0, 100, 99) }), 3, { cpuShare: 0.99 });
    expect(summaryOf(...trials).saturation).toEqual([]);
    expect(summaryOf(...trials, busy).saturation).toEqual([]);
    expect(summaryOf(busy, busy).saturation).toEqual(['cpu']);
  });
});

describe('the queue wait of several trials', () => {
  const withWait = (queueMs: readonly number[], ttftMs: readonly number[]): Run =>
    runOf(partOf({ queueWaitSource: 'measured', histograms: { queue_wait: queueMs, ttft: ttftMs } }));
  const counted = (below: number, above: number, upToMs = 100): Run =>
    runOf(partOf({ histograms: { ttft: [200] } }), 1, {
      aggregate: {
        buckets: [
          { upToMs, count: below },
          { upToMs: null, count: above },
        ],
        count: below + above,
        sumMs: below * 50 + above * 200,
      },
    });

  it('is merged from their histograms', () => {
    const { metrics } = summaryOf(withWait([10, 20], [40, 40]), withWait([30, 60], [40, 40]));
    expect(metrics.queue_wait).toMatchObject({ source: 'measured', count: 4 });
    expect(metrics.queue_wait.mean).toBeCloseTo(30, 1);
  });

  it('takes its share of the time to first token', () => {
    expect(summaryOf(withWait([10, 20], [40, 40]), withWait([30, 60], [40, 40])).queueShare).toBeCloseTo(0.75, 2);
    expect(summaryOf(counted(4, 0)).queueShare).toBeCloseTo(0.25, 2);
  });

  it('takes no more than all of it, and no share where it is not known', () => {
    expect(summaryOf(withWait([50], [40])).queueShare).toBe(1);
    expect(summaryOf(runOf(partOf({ histograms: { ttft: [40] } }))).queueShare).toBeNull();
    expect(summaryOf(withWait([], [])).queueShare).toBeNull();
  });

  it('is added up from buckets', () => {
    const { queue_wait: wait } = summaryOf(counted(30, 10), counted(50, 10)).metrics;
    expect(wait).toMatchObject({
      source: 'aggregate',
      count: 100,
      mean: 80,
      buckets: [
        { up_to_ms: 100, count: 80 },
        { up_to_ms: null, count: 20 },
      ],
    });
  });

  it('is unavailable if the buckets changed in between', () => {
    expect(summaryOf(counted(30, 10), counted(50, 10, 250)).metrics.queue_wait).toMatchObject({
      source: 'unavailable',
      count: 0,
      mean: null,
    });
  });

  it('is that of the trials in which it is known', () => {
    const unknown = runOf(partOf({ histograms: { ttft: [40] } }));
    expect(summaryOf(unknown, withWait([10], [40])).metrics.queue_wait).toMatchObject({ source: 'measured', count: 1 });
    expect(summaryOf(unknown, counted(30, 10)).metrics.queue_wait).toMatchObject({ source: 'aggregate', count: 40 });
    expect(summaryOf(unknown).metrics.queue_wait.source).toBe('unavailable');
  });
});

describe('settingsKey', () => {
  it('is equal for equal settings alone', () => {
    const keys = [
      { concurrency: 1, max_concurrency: null, rate: null },
      { concurrency: null, max_concurrency: 1, rate: null },
      { concurrency: null, max_concurrency: null, rate: 1 },
      { concurrency: 1, max_concurrency: 1, rate: null },
    ].map(settingsKey);
    expect(new Set(keys).size).toBe(4);
    expect(settingsKey({ rate: null, max_concurrency: 2, concurrency: 4 })).toBe(settingsKey(setting));
  });
});
