import type { MedianInterval, Metric, MetricFigures, QueueWaitMetric, QueueWaitSource } from '../result-schema.js';
import { type BucketCounts, bucketQuantileMs } from './buckets.js';
import { hasEnoughSamples, type LatencyHistogram } from './histogram.js';
import { medianIntervalOf, medianMs } from './median.js';

/** A metric of the result file from its histogram. */
export function metricOf(histogram: LatencyHistogram): Metric {
  return { ...figuresOf(histogram), histogram: histogram.count === 0 ? null : histogram.encode() };
}

/** The same without the encoded histogram. */
export function figuresOf(histogram: LatencyHistogram): MetricFigures {
  const moments = histogram.moments();
  const interval = medianIntervalOf(histogram);
  return {
    unit: 'ms',
    count: histogram.count,
    mean: rounded(moments?.meanMs ?? null),
    stddev: rounded(moments?.stddevMs ?? null),
    min: rounded(histogram.minMs),
    max: rounded(histogram.maxMs),
    p50: rounded(medianMs(histogram)),
    ...(interval === null ? {} : { p50_interval: roundedInterval(interval) }),
    p90: rounded(histogram.percentileMs(90)),
    p95: rounded(histogram.percentileMs(95)),
    p99: rounded(histogram.percentileMs(99)),
    p99_9: rounded(histogram.percentileMs(99.9)),
  };
}

/** The queue wait and its source. Never 0 if it is unknown. */
export function queueWaitOf(metric: Metric, source: Exclude<QueueWaitSource, 'aggregate'>): QueueWaitMetric {
  return { ...metric, source };
}

/**
 * The queue wait from the buckets of a server's own histogram. They hold no single requests, so there are no extremes
 * and no deviation.
 */
export function aggregateQueueWait({ buckets, count, sumMs }: BucketCounts): QueueWaitMetric {
  const quantile = (percent: number): number | null =>
    hasEnoughSamples(count, percent) ? rounded(bucketQuantileMs(buckets, percent)) : null;
  return {
    unit: 'ms',
    source: 'aggregate',
    count,
    mean: count === 0 || !Number.isFinite(sumMs) ? null : rounded(sumMs / count),
    stddev: null,
    min: null,
    max: null,
    p50: quantile(50),
    p90: quantile(90),
    p95: quantile(95),
    p99: quantile(99),
    p99_9: quantile(99.9),
    histogram: null,
    buckets: buckets.map(({ upToMs, count: inBucket }) => ({ up_to_ms: upToMs, count: inBucket })),
  };
}

function roundedInterval({ lower, upper, coverage }: MedianInterval): MedianInterval {
  return { lower: toMicros(lower), upper: toMicros(upper), coverage };
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : toMicros(ms);
}

/** To the microsecond, because clocks are not more precise. */
function toMicros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
