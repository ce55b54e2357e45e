import type { LatencyHistogram } from './histogram.js';
import { type BucketCounts, bucketQuantileMs } from './buckets.js';
import { momentsOf } from './moments.js';
import type { Metric, QueueWaitMetric, QueueWaitSource } from './result-schema.js';

/** As in LatencyHistogram: a percentile is shown only if this many samples lie above it. */
const samplesAbove = 10;

/** A metric of the result file from its histogram. */
export function metricOf(histogram: LatencyHistogram): Metric {
  const encoded = histogram.count === 0 ? null : histogram.encode();
  const moments = encoded === null ? null : momentsOf(encoded);
  return {
    unit: 'ms',
    count: histogram.count,
    mean: rounded(moments?.meanMs ?? null),
    stddev: rounded(moments?.stddevMs ?? null),
    min: rounded(histogram.minMs),
    max: rounded(histogram.maxMs),
    p50: rounded(histogram.percentileMs(50)),
    p90: rounded(histogram.percentileMs(90)),
    p95: rounded(histogram.percentileMs(95)),
    p99: rounded(histogram.percentileMs(99)),
    p99_9: rounded(histogram.percentileMs(99.9)),
    histogram: encoded,
  };
}

/** The queue wait, with the word where it comes from: never 0 where it is not known. */
export function queueWaitOf(
  histogram: LatencyHistogram,
  source: Exclude<QueueWaitSource, 'aggregate'>,
): QueueWaitMetric {
  return { ...metricOf(histogram), source };
}

/** The queue wait from the buckets of a server's own histogram: no single requests, so neither extremes nor deviation. */
export function aggregateQueueWait({ buckets, count, sumMs }: BucketCounts): QueueWaitMetric {
  const quantile = (percent: number): number | null => {
    // Counted as LatencyHistogram does: 10 of 100 are above p90, however the division is rounded.
    const above = Math.floor(count * (1 - percent / 100) + 1e-9);
    return above < samplesAbove ? null : rounded(bucketQuantileMs(buckets, percent));
  };
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

/** To the microsecond, which is as exact as it gets. */
function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 1000) / 1000;
}
