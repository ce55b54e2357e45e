import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
  JsHistogram,
} from 'hdr-histogram-js';

/** One hour. Longer times are recorded as this. */
const longestUs = 3_600_000_000;

/** A percentile is shown only if this many samples lie above it; with fewer it is hardly more than the maximum. */
const samplesAbove = 10;

export interface HistogramCell {
  /** Upper end of the cell in milliseconds. */
  readonly upToMs: number;
  readonly count: number;
}

/**
 * Times as integer microseconds in an HdrHistogram: 3 significant digits from 1 µs to 1 h, and memory that does not depend
 * on how many there are. In goes microseconds, out come milliseconds.
 */
export class LatencyHistogram {
  readonly #histogram = emptyHistogram();

  /** @throws Error if the text is not a compressed V2 histogram */
  static decode(base64: string): LatencyHistogram {
    const histogram = new LatencyHistogram();
    histogram.#histogram.add(ofJavaScript(decodeFromCompressedBase64(base64, 64)));
    return histogram;
  }

  /** All samples of all of them. */
  static merged(histograms: readonly LatencyHistogram[]): LatencyHistogram {
    const merged = new LatencyHistogram();
    for (const histogram of histograms) merged.add(histogram);
    return merged;
  }

  /** Records a duration in microseconds, rounded; negative ones (two clocks that disagree) count as 0. */
  record(us: number): void {
    this.#histogram.recordValue(us <= 0 ? 0 : Math.min(longestUs, Math.round(us)));
  }

  add(other: LatencyHistogram): void {
    if (other.count > 0) this.#histogram.add(other.#histogram);
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** Milliseconds; null without samples. */
  get meanMs(): number | null {
    return this.count === 0 ? null : this.#histogram.mean / 1000;
  }

  get stddevMs(): number | null {
    return this.count === 0 ? null : this.#histogram.stdDeviation / 1000;
  }

  get minMs(): number | null {
    return this.count === 0 ? null : this.#histogram.getValueAtPercentile(0) / 1000;
  }

  get maxMs(): number | null {
    return this.count === 0 ? null : this.#histogram.maxValue / 1000;
  }

  /**
   * @param percent 0 to 100
   * @returns milliseconds; null without samples
   */
  quantileMs(percent: number): number | null {
    return this.count === 0 ? null : this.#histogram.getValueAtPercentile(percent) / 1000;
  }

  /** Like {@link quantileMs}, but null if fewer than 10 samples lie above it. */
  percentileMs(percent: number): number | null {
    // Counted in whole samples, so that 10 of 1,000 are above p99 however the division is rounded.
    const above = Math.floor(this.count * (1 - percent / 100) + 1e-9);
    return above < samplesAbove ? null : this.quantileMs(percent);
  }

  /** The distribution in HdrHistogram's own text format, in milliseconds. */
  percentileDistribution(): string {
    return this.#histogram.outputPercentileDistribution(5, 1000);
  }

  /** Non-empty cells in rising order; a cell's values are equal as far as 3 digits tell. */
  *cells(): Generator<HistogramCell> {
    const iterator = this.#histogram.recordedValuesIterator;
    iterator.reset();
    while (iterator.hasNext()) {
      const { valueIteratedTo, countAtValueIteratedTo } = iterator.next();
      yield { upToMs: valueIteratedTo / 1000, count: countAtValueIteratedTo };
    }
  }

  /** HdrHistogram V2, compressed, base64, in microseconds: any HdrHistogram library reads it. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }
}

function emptyHistogram(): JsHistogram {
  const options = { bitBucketSize: 64, autoResize: true, numberOfSignificantValueDigits: 3 } as const;
  return ofJavaScript(build({ ...options, lowestDiscernibleValue: 1, highestTrackableValue: 2 }));
}

function ofJavaScript(histogram: Histogram): JsHistogram {
  if (histogram instanceof JsHistogram) return histogram;
  throw new Error('HdrHistogram was built as WebAssembly');
}
