/** The requests in one bucket of a histogram, without those in lower buckets. */
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

/** Adds the counts of two servers or two trials; null if their buckets differ. */
export function addBuckets(a: BucketCounts, b: BucketCounts): BucketCounts | null {
  if (!haveSameBounds(a, b)) return null;
  const buckets = a.buckets.map((bucket, index) => ({
    ...bucket,
    count: bucket.count + (b.buckets[index]?.count ?? 0),
  }));
  return { buckets, count: a.count + b.count, sumMs: a.sumMs + b.sumMs };
}

/**
 * A quantile by linear interpolation within its bucket, as Prometheus's `histogram_quantile` does it. Values in the last
 * bucket, which has no upper bound, count as its lower bound.
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
