import type { BucketCounts } from '../../measurement/buckets.js';
import { addUpErrors } from '../../measurement/error-counts.js';
import { LatencyHistogram } from '../../measurement/histogram.js';
import { aggregateQueueWait, metricOf, queueWaitOf } from '../../measurement/metric.js';
import { perMetric } from '../../measurement/metric-names.js';
import type {
  ClientHealth,
  Metric,
  QueueWaitMetric,
  Rates,
  RequestCounts,
  Run,
  RunMetrics,
} from '../../measurement/result-schema.js';
import { littlesLawError } from '../../statistics/littles-law.js';
import type { PlannedRun } from '../plan/settings.js';
import type { RunPart } from '../record/run-part.js';

/** What is known about a run besides its parts. */
export interface RunContext {
  readonly planned: PlannedRun;
  /** CPU time of this process over the run, as a share of one core. */
  readonly cpuShare: number;
  /** The queue waits that the server itself counted during this run; null if it did not. */
  readonly aggregate: BucketCounts | null;
  readonly hasObjectives: boolean;
}

/** Makes the result of a run from what its workers measured. */
export function assembleRun(parts: readonly RunPart[], context: RunContext): Run {
  const histograms = perMetric((name) => LatencyHistogram.merged(parts.map((part) => part.histograms[name])));
  const requests = addUp(parts);
  const span = spanOf(parts);
  const seconds = span === null ? 0 : (span.lastEndUs - span.beginUs) / 1e6;
  const measured = perMetric((name) => metricOf(histograms[name]));
  const metrics: RunMetrics = { ...measured, queue_wait: queueWait(parts, measured.queue_wait, context.aggregate) };
  const meanInFlight = seconds === 0 ? 0 : sum(parts, 'inFlightUs') / (seconds * 1e6);
  const extendedUs = Math.max(...parts.map((part) => part.extendedUs));
  const counted = seconds === 0 ? 0 : requests.completed / seconds;
  return {
    settings: context.planned.setting,
    trial: context.planned.trial,
    window: {
      seconds: span === null ? 0 : Math.max(0, (span.lastIntendedUs - span.beginUs) / 1e6),
      span_seconds: seconds,
      ...(extendedUs > 0 ? { extended_seconds: extendedUs / 1e6 } : {}),
      warmup_requests: sum(parts, 'warmup'),
    },
    requests,
    rates: ratesOf(parts, requests, seconds, context.hasObjectives),
    output_tokens_source: tokenSource(parts),
    metrics,
    client: clientHealth(parts, histograms.ttft, context.cpuShare),
    checks: { littles_law_error: littlesLawError(meanInFlight, counted, (metrics.e2e.mean ?? 0) / 1000) },
  };
}

function addUp(parts: readonly RunPart[]): RequestCounts {
  return {
    completed: sum(parts, 'completed'),
    refused: sum(parts, 'refused'),
    failed: sum(parts, 'failed'),
    timed_out: sum(parts, 'timedOut'),
    reconnects: sum(parts, 'reconnects'),
    ...addUpErrors(parts.flatMap(({ errors }) => Object.entries(errors).map(([code, seen]) => ({ code, ...seen })))),
  };
}

/**
 * The work that the server did per second between the end of the warm-up and the end of the last request. Answers to
 * warm-up requests that arrive in that time are part of it: leaving them out would make slow settings look slower than
 * they are (by half, in a window as long as a request).
 */
function ratesOf(parts: readonly RunPart[], requests: RequestCounts, seconds: number, hasObjectives: boolean): Rates {
  const perSecond = (amount: number): number => (seconds === 0 ? 0 : amount / seconds);
  const requestsPerSecond = requests.completed === 0 ? 0 : perSecond(sum(parts, 'servedRequests'));
  /** The rate of something that is known of counted requests only. */
  const perCompleted = (amount: number): number =>
    requests.completed === 0 ? 0 : (amount / requests.completed) * requestsPerSecond;
  const all = requests.completed + requests.refused + requests.failed + requests.timed_out;
  const inputTokens = parts.map((part) => part.inputTokens);
  const inputKnown = inputTokens.every((tokens) => tokens !== null);
  return {
    requests_per_second: requestsPerSecond,
    output_tokens_per_second: requests.completed === 0 ? 0 : perSecond(sum(parts, 'servedTokens')),
    input_tokens_per_second: inputKnown ? perCompleted(inputTokens.reduce((total, tokens) => total + tokens, 0)) : null,
    goodput: hasObjectives ? perCompleted(sum(parts, 'good')) : null,
    success_rate: all === 0 ? null : requests.completed / all,
  };
}

function queueWait(parts: readonly RunPart[], measured: Metric, aggregate: BucketCounts | null): QueueWaitMetric {
  const source = parts.map((part) => part.queueWaitSource).find((each) => each !== null);
  if (source !== undefined) return queueWaitOf(measured, source);
  return aggregate === null ? queueWaitOf(measured, 'unavailable') : aggregateQueueWait(aggregate);
}

function tokenSource(parts: readonly RunPart[]): Run['output_tokens_source'] {
  const usage = parts.some(({ tokenSources }) => tokenSources.usage > 0);
  const chunks = parts.some(({ tokenSources }) => tokenSources.chunks > 0);
  if (usage && chunks) return 'mixed';
  if (usage) return 'usage';
  return chunks ? 'chunks' : 'none';
}

function clientHealth(parts: readonly RunPart[], ttft: LatencyHistogram, cpuShare: number): ClientHealth {
  const delay = LatencyHistogram.merged(parts.map(({ loopDelay }) => loopDelay));
  const share = cpuShare / parts.length;
  return {
    event_loop_delay_ms: { p50: delay.quantileMs(50) ?? 0, p99: delay.quantileMs(99) ?? 0, max: delay.maxMs ?? 0 },
    cpu_share: share,
    workers: parts.length,
    saturated: isSaturated(delay, ttft, share),
  };
}

function spanOf(parts: readonly RunPart[]): RunPart['span'] {
  const spans = parts.flatMap(({ span }) => (span === null ? [] : [span]));
  if (spans.length === 0) return null;
  return {
    beginUs: Math.min(...spans.map(({ beginUs }) => beginUs)),
    lastEndUs: Math.max(...spans.map(({ lastEndUs }) => lastEndUs)),
    lastIntendedUs: Math.max(...spans.map(({ lastIntendedUs }) => lastIntendedUs)),
  };
}

type Counter = {
  [Name in keyof RunPart]: RunPart[Name] extends number ? Name : never;
}[keyof RunPart];

function sum(parts: readonly RunPart[], name: Counter): number {
  return parts.reduce((total, part) => total + part[name], 0);
}

/** A load generator that uses more than this share of a core per worker has too little time left for bursts. */
const mostCpuShare = 0.9;

/** How late 99 of 100 events may be noticed: this share of the median TTFT, or a time that never matters. */
const toleratedShare = 0.08;
const alwaysToleratedMs = 3;

/** Whether the load generator's own delays are so large that the figures describe it as much as the server. */
export function isSaturated(loopDelay: LatencyHistogram, ttft: LatencyHistogram, cpuSharePerWorker: number): boolean {
  const toleratedMs = Math.max(alwaysToleratedMs, toleratedShare * (ttft.quantileMs(50) ?? 0));
  return (loopDelay.quantileMs(99) ?? 0) > toleratedMs || cpuSharePerWorker > mostCpuShare;
}
