import { bySetting } from '../by-setting.js';
import { addBuckets, type BucketCounts } from '../latency/buckets.js';
import { LatencyHistogram } from '../latency/histogram.js';
import { aggregateQueueWait, figuresOf } from '../latency/metric.js';
import { type MetricName, metricNames, perMetric } from '../metric-names.js';
import type {
  FiguresPerMetric,
  PromptCache,
  QueueWaitMetric,
  Rates,
  RequestCounts,
  Run,
  Saturation,
  Setting,
} from '../result-schema.js';
import { ClientDelay } from '../validity/client-delay.js';
import { isOverloaded } from '../validity/overload.js';
import { saturationOfRuns } from '../validity/saturation.js';
import { SentLate } from '../validity/sent-late.js';
import { addUpErrors, errorCounts } from './error-counts.js';
import { type LoadShapeFigures, loadShapeFiguresOf } from './load-shape-figures.js';
import { mergedPromptCache } from './prompt-cache.js';

/** All trials of one setting together: their histograms merged, their rates over the sum of their spans. */
export interface SettingSummary {
  readonly settings: Setting;
  readonly trials: number;
  readonly requests: RequestCounts;
  readonly rates: Rates;
  readonly metrics: FiguresPerMetric;
  /** What the metrics are computed from; metrics without samples of single requests are missing. */
  readonly histograms: ReadonlyMap<MetricName, LatencyHistogram>;
  /** Mean queue wait over mean TTFT, 0 to 1; null if the queue wait is unknown. */
  readonly queueShare: number | null;
  /** Prompt tokens that were in the server's cache; null if the server does not say. */
  readonly promptCache: PromptCache | null;
  /** What was wrong with the load, over all trials together. */
  readonly saturation: readonly Saturation[];
  readonly clientDelay: ClientDelay;
  readonly sentLate: SentLate;
  /** Whether the queue grew without end, so that latencies that contain the wait depend on how long was measured. */
  readonly isOverloaded: boolean;
  /** Whether output tokens are counted. They are not for embeddings, and for whole answers without a usage. */
  readonly countsTokens: boolean;
  readonly loadShape: LoadShapeFigures;
}

/** Merges the trials of each setting. The settings come in the order in which they were first measured. */
export function summarise(runs: readonly Run[]): SettingSummary[] {
  return [...bySetting(runs).values()].flatMap((trials) =>
    trials[0] === undefined ? [] : [summary(trials[0], trials)],
  );
}

function summary({ settings }: Run, trials: readonly Run[]): SettingSummary {
  const histograms = new Map<MetricName, LatencyHistogram>();
  for (const name of metricNames) {
    const encoded = trials.flatMap(({ metrics }) => metrics[name].histogram ?? []);
    if (encoded.length === 0) continue;
    histograms.set(name, LatencyHistogram.merged(encoded.map((each) => LatencyHistogram.decode(each))));
  }
  const metrics = mergedMetrics(trials, histograms);
  return {
    settings,
    trials: trials.length,
    requests: addUpRequests(trials),
    rates: pooledRates(trials),
    metrics,
    histograms,
    queueShare: share(metrics.queue_wait.mean, metrics.ttft.mean),
    promptCache: mergedPromptCache(trials),
    saturation: saturationOfRuns(trials),
    clientDelay: ClientDelay.ofRuns(trials),
    sentLate: new SentLate(trials),
    isOverloaded: isOverloaded(trials),
    countsTokens: !trials.some((run) => run.requests.completed > 0 && run.output_tokens_source === 'none'),
    loadShape: loadShapeFiguresOf(trials),
  };
}

function mergedMetrics(
  trials: readonly Run[],
  histograms: ReadonlyMap<MetricName, LatencyHistogram>,
): FiguresPerMetric {
  const figures = perMetric((name) => figuresOf(histograms.get(name) ?? new LatencyHistogram()));
  return { ...figures, queue_wait: mergedQueueWait(trials, figures.queue_wait) };
}

/** @param figures of the merged histogram, which is empty if only buckets are known, or nothing at all */
function mergedQueueWait(trials: readonly Run[], figures: FiguresPerMetric['ttft']): FiguresPerMetric['queue_wait'] {
  const sources = new Set(trials.map(({ metrics }) => metrics.queue_wait.source));
  if (sources.has('measured')) return { ...figures, source: 'measured' };
  if (sources.has('derived')) return { ...figures, source: 'derived' };
  const counts = trials.flatMap(({ metrics }) => bucketCounts(metrics.queue_wait) ?? []);
  const merged = counts.reduce<BucketCounts | null | undefined>(
    (sum, each) => (sum === undefined ? each : sum === null ? null : addBuckets(sum, each)),
    undefined,
  );
  return merged == null ? { ...figures, source: 'unavailable' } : aggregateQueueWait(merged);
}

function bucketCounts({ buckets, count, mean }: QueueWaitMetric): BucketCounts | null {
  if (buckets === undefined) return null;
  return {
    buckets: buckets.map(({ up_to_ms: upToMs, count: inBucket }) => ({ upToMs, count: inBucket })),
    count,
    sumMs: (mean ?? 0) * count,
  };
}

/** The requests of several runs together. */
export function addUpRequests(trials: readonly Run[]): RequestCounts {
  const total = { completed: 0, refused: 0, failed: 0, timed_out: 0, reconnects: 0 };
  for (const { requests } of trials) {
    total.completed += requests.completed;
    total.refused += requests.refused;
    total.failed += requests.failed;
    total.timed_out += requests.timed_out;
    total.reconnects += requests.reconnects;
  }
  return { ...total, ...addUpErrors(trials.flatMap(({ requests }) => errorCounts(requests))) };
}

/** Rates weighted by how long each trial took, as if they had been counted over all trials. */
function pooledRates(trials: readonly Run[]): Rates {
  const seconds = trials.reduce((sum, { window }) => sum + window.span_seconds, 0);
  const pooled = (rate: (rates: Rates) => number | null): number | null => {
    let amount = 0;
    for (const { rates, window } of trials) {
      const value = rate(rates);
      if (value === null) return null;
      amount += value * window.span_seconds;
    }
    return seconds === 0 ? 0 : amount / seconds;
  };
  const { completed, refused, failed, timed_out: timedOut } = addUpRequests(trials);
  const all = completed + refused + failed + timedOut;
  return {
    requests_per_second: pooled((rates) => rates.requests_per_second) ?? 0,
    output_tokens_per_second: pooled((rates) => rates.output_tokens_per_second) ?? 0,
    input_tokens_per_second: pooled((rates) => rates.input_tokens_per_second),
    goodput: pooled((rates) => rates.goodput),
    success_rate: all === 0 ? null : completed / all,
  };
}

function share(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole === 0 ? null : Math.min(1, part / whole);
}
