import { AnswerCounter } from '../../../../src/core/bench/record/counters/answer-counts.js';
import type { RunPart } from '../../../../src/core/bench/record/run-part.js';
import type { RunContext } from '../../../../src/core/bench/result/assemble-run.js';
import { nothingObserved } from '../../../../src/core/bench/result/assemble-series.js';
import { LatencyHistogram } from '../../../../src/core/measurement/latency/histogram.js';
import { type MetricName, perMetric } from '../../../../src/core/measurement/metric-names.js';

/** A histogram of these durations in milliseconds. */
export function histogramOf(...ms: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const each of ms) histogram.record(each * 1000);
  return histogram;
}

/** The same value several times. */
export function repeated(ms: number, times: number): number[] {
  return Array.from({ length: times }, () => ms);
}

type PartDescription = Partial<Omit<RunPart, 'histograms' | 'loopDelay'>> & {
  /** In milliseconds. */
  readonly histograms?: Partial<Record<MetricName, readonly number[]>>;
  readonly loopDelayMs?: readonly number[];
};

/** The part of a worker in which nothing happened except what is given. */
export function partOf({ histograms = {}, loopDelayMs = [], ...rest }: PartDescription = {}): RunPart {
  return {
    completed: 0,
    refused: 0,
    failed: 0,
    timedOut: 0,
    reconnects: 0,
    warmup: 0,
    errors: {},
    good: 0,
    servedRequests: 0,
    servedTokens: 0,
    outputTokens: 0,
    inputTokens: 0,
    tokenSources: { usage: 0, chunks: 0 },
    queueWaitSource: null,
    answers: new AnswerCounter().counts,
    executors: {},
    span: null,
    extendedUs: 0,
    groups: {},
    inFlightUs: 0,
    heldBack: { requests: 0, answeredUs: 0, longestUs: 0 },
    leavers: { requests: 0, left: 0, leftBeforeFirstToken: 0, answered: 0, unanswered: 0 },
    probes: { completed: 0, unanswered: 0, ttft: null },
    trend: { binUs: 100_000, bins: [] },
    series: { binUs: 1_000_000, bins: [] },
    loopDelay: histogramOf(...loopDelayMs),
    contentEncoding: null,
    rejection: null,
    samplesFailure: null,
    ...rest,
    histograms: perMetric((name) => histogramOf(...(histograms[name] ?? []))),
  };
}

/** A span on the common clock, in seconds. */
export function spanOf(begin: number, lastEnd: number, lastIntended: number): NonNullable<RunPart['span']> {
  return { beginUs: begin * 1e6, lastEndUs: lastEnd * 1e6, lastIntendedUs: lastIntended * 1e6 };
}

/** A run with 4 clients and max-concurrency 2. */
export function contextOf(context: Partial<RunContext> = {}): RunContext {
  const setting = { concurrency: 4, max_concurrency: 2, rate: null };
  const server = { aggregate: null, promptCache: null };
  return {
    planned: { setting, trial: 1 },
    cpuShare: 0.1,
    ...server,
    hasObjectives: false,
    abortedOn: null,
    observations: nothingObserved,
    beginUs: 0,
    ...context,
  };
}
