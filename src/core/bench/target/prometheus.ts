/** Requests in one bucket of a histogram, those of lower buckets not included. */
export interface Bucket {
  /** Upper bound; null is infinity. */
  readonly upToMs: number | null;
  readonly count: number;
}

/** A server's histogram, or the difference of two readings of it. */
export interface BucketCounts {
  /** In rising order. */
  readonly buckets: readonly Bucket[];
  readonly count: number;
  /** NaN if the server's own sum is. */
  readonly sumMs: number;
}

/** How servers name their queue wait; all of them count seconds. */
const queueWaitMetricNames = [
  'vllm:request_queue_time_seconds',
  'tgi_request_queue_duration',
  'sglang:queue_time_seconds',
  // Its name until the middle of 2025.
  'sglang:queue_time_s',
] as const;

/** Name, labels, value. A label's value, such as a path of a model, may have braces and escaped quotes in it. */
const sample = /^([a-zA-Z_:][\w:]*)(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?\s+(\S+)/;
const upperBound = /[{,]\s*le="([^"]+)"/;

/**
 * Reads the first of {@link queueWaitMetricNames} from Prometheus's text format, all label sets (models, engines) added up.
 *
 * @returns null if the text has none of them
 */
export function readQueueWait(text: string): BucketCounts | null {
  for (const name of queueWaitMetricNames) {
    const histogram = readHistogram(text, name);
    if (histogram !== null) return histogram;
  }
  return null;
}

function readHistogram(text: string, name: string): BucketCounts | null {
  const cumulative = new Map<number, number>();
  let count = 0;
  let seconds = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const match = sample.exec(line);
    if (match === null) continue;
    const value = Number(match[3]);
    if (match[1] === `${name}_count`) count += value;
    else if (match[1] === `${name}_sum`) seconds += value;
    else if (match[1] === `${name}_bucket`) {
      const bound = upperBound.exec(match[2] ?? '')?.[1];
      if (bound === undefined || !Number.isFinite(value)) continue;
      const upTo = bound === '+Inf' ? Infinity : Number(bound);
      cumulative.set(upTo, (cumulative.get(upTo) ?? 0) + value);
    }
  }
  if (cumulative.size === 0) return null;
  let below = 0;
  const buckets = [...cumulative.entries()]
    .sort(([a], [b]) => a - b)
    .map(([upTo, total]) => {
      const inBucket = Math.max(0, total - below);
      below = Math.max(below, total);
      return { upToMs: upTo === Infinity ? null : upTo * 1000, count: inBucket };
    });
  return { buckets, count, sumMs: seconds * 1000 };
}

/** What a server shows that has the histogram only once there is something in it. */
export const nothingCounted: BucketCounts = { buckets: [], count: 0, sumMs: 0 };

/**
 * What was added between two readings; null if there is no histogram, if the server was restarted in between, or if it
 * has other buckets now.
 */
export function bucketsBetween(before: BucketCounts, after: BucketCounts): BucketCounts | null {
  if (after.buckets.length === 0) return null;
  if (before.buckets.length === 0) return after;
  if (after.count < before.count || !haveSameBounds(before, after)) return null;
  const buckets = after.buckets.map(({ upToMs, count }, index) => ({
    upToMs,
    count: count - (before.buckets[index]?.count ?? 0),
  }));
  if (buckets.some(({ count }) => count < 0)) return null;
  return { buckets, count: after.count - before.count, sumMs: after.sumMs - before.sumMs };
}

function haveSameBounds({ buckets: a }: BucketCounts, { buckets: b }: BucketCounts): boolean {
  return a.length === b.length && a.every(({ upToMs }, index) => upToMs === b[index]?.upToMs);
}

/** Two servers' counts, or two trials'; the buckets must be the same, else null. */
export function addBuckets(a: BucketCounts, b: BucketCounts): BucketCounts | null {
  if (!haveSameBounds(a, b)) return null;
  const buckets = a.buckets.map((bucket, index) => ({
    ...bucket,
    count: bucket.count + (b.buckets[index]?.count ?? 0),
  }));
  return { buckets, count: a.count + b.count, sumMs: a.sumMs + b.sumMs };
}

/**
 * A quantile by linear interpolation within its bucket, as Prometheus's `histogram_quantile` does. What lies in the last
 * bucket, which has no upper end, is said to be at its lower one.
 *
 * @param percent 0 to 100
 * @returns milliseconds; null if nothing was counted
 */
export function bucketQuantileMs(buckets: readonly Bucket[], percent: number): number | null {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  const rank = (percent / 100) * total;
  let seen = 0;
  let lower = 0;
  for (const { upToMs, count } of buckets) {
    if (count > 0 && seen + count >= rank) {
      return upToMs === null ? lower : lower + ((upToMs - lower) * Math.max(0, rank - seen)) / count;
    }
    seen += count;
    lower = upToMs ?? lower;
  }
  return lower;
}
