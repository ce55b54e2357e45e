/** Each bucket is this much wider than the one before, so that a percentile is off by 2.5 % at most. */
const growth = 1.05;
/** The lower end of the first bucket, in milliseconds. */
const leastMs = 0.01;
/** As many as reach from there to an hour. */
const buckets = Math.ceil(Math.log(3_600_000 / leastMs) / Math.log(growth));

const perBucket = 1 / Math.log(growth);

/** Counts durations without keeping them: recording one takes a logarithm and no memory. */
export class Durations {
  readonly #counts = new Uint32Array(buckets);
  #total = 0;

  /** @param times how often, 1 or more */
  record(ms: number, times = 1): void {
    const bucket = Math.floor(Math.log(Math.max(ms, leastMs) / leastMs) * perBucket);
    const index = Math.min(bucket, buckets - 1);
    this.#counts[index] = (this.#counts[index] ?? 0) + times;
    this.#total += times;
  }

  /** Median and 95th percentile in milliseconds of the times recorded since the last call; null if there are none. */
  take(): { readonly p50: number; readonly p95: number } | null {
    if (this.#total === 0) return null;
    const taken = { p50: this.#quantile(0.5), p95: this.#quantile(0.95) };
    this.#counts.fill(0);
    this.#total = 0;
    return taken;
  }

  #quantile(share: number): number {
    const rank = share * this.#total;
    let seen = 0;
    const index = this.#counts.findIndex((count) => (seen += count) >= rank);
    const middle = leastMs * growth ** (index + 0.5);
    return Number(middle.toPrecision(3));
  }
}
