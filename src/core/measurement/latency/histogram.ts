import { inflateSync } from 'node:zlib';
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
  JsHistogram,
} from 'hdr-histogram-js';

/** One hour. Longer times are recorded as this. */
const longestUs = 3_600_000_000;

const significantDigits = 3;

/** Of HdrHistogram's encoding V2: what precedes the compressed part, and where this has the number of digits. */
const envelopeBytes = 8;
const digitsAt = 12;

/** More than all cells take, in bytes. A few kilobytes of a hostile file could become gigabytes. */
const longestEncoding = 1024 ** 2;

/** With fewer samples above it, a percentile says little more than the maximum. */
export const leastSamplesAbove = 10;

/**
 * Whether a percentile of this many samples may be shown: at least 10 must lie above it. They are counted in whole
 * samples, so that 10 of 1,000 are above p99 however the division is rounded.
 *
 * @param percent 0 to 100
 */
export function hasEnoughSamples(count: number, percent: number): boolean {
  return Math.floor(count * (1 - percent / 100) + 1e-9) >= leastSamplesAbove;
}

/** The fewest samples of which a percentile may be shown. @param percent 0 to below 100 */
export function samplesNeeded(percent: number): number {
  // However the division is rounded: 10,000 for p99.9.
  return Math.ceil((leastSamplesAbove / (1 - percent / 100)) * (1 - 1e-9));
}

/** A cell with samples; they are equal to 3 significant digits. */
export interface HistogramCell {
  /** Upper end in milliseconds. */
  readonly upToMs: number;
  readonly count: number;
}

/** Of the samples themselves, not an estimate for a larger population. */
interface Moments {
  readonly meanMs: number;
  readonly stddevMs: number;
}

/**
 * Times as integer microseconds in an HdrHistogram, with 3 significant digits from 1 µs to 1 h. Its memory does not
 * depend on how many there are. Takes microseconds, gives milliseconds.
 *
 * ```text
 * from   0   1   2   …  2046 2047 │ 2048 2050  …  4092 4094 │ 4096 4100  …   µs
 * width        1 µs each          │       2 µs each         │   4 µs each
 * count  0   0   3   …    7    0  │   12    0  …     1    0 │    0    0  …
 * ```
 *
 * For times of some seconds there are 20,000 cells, nearly all of them empty. The library's iterators compute the value
 * of each: 4 ms for the cells of 200 samples, 15 ms for mean and deviation of 50,000. Here only the values of cells with
 * samples are computed, which takes 0.25 ms and 1 ms, decoding included; a comparison reads hundreds of histograms.
 */
export class LatencyHistogram {
  readonly #histogram: JsHistogram;

  constructor(histogram: JsHistogram = emptyHistogram()) {
    this.#histogram = histogram;
  }

  /**
   * @param base64 what {@link encode} gives
   * @throws Error if it is anything else
   */
  static decode(base64: string): LatencyHistogram {
    checkSize(base64);
    const histogram = ofJavaScript(decodeFromCompressedBase64(base64, 64));
    // As it was before it was encoded: more can be recorded.
    histogram.autoResize = true;
    return new LatencyHistogram(histogram);
  }

  /** All samples of all histograms. A single histogram is returned as it is. */
  static merged(histograms: readonly LatencyHistogram[]): LatencyHistogram {
    const [only] = histograms;
    if (only !== undefined && histograms.length === 1) return only;
    const merged = new LatencyHistogram();
    for (const histogram of histograms) {
      if (histogram.count > 0) merged.#histogram.add(histogram.#histogram);
    }
    return merged;
  }

  /** Records a duration in microseconds, rounded; negative ones (two clocks that disagree) count as 0. */
  record(us: number): void {
    this.#histogram.recordValue(us <= 0 ? 0 : Math.min(longestUs, Math.round(us)));
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** Lower end of the lowest cell with samples; null without samples. */
  get minMs(): number | null {
    return this.count === 0 ? null : this.#histogram.getValueAtPercentile(0) / 1000;
  }

  /** Upper end of the highest cell with samples; null without samples. */
  get maxMs(): number | null {
    return this.count === 0 ? null : this.#histogram.highestEquivalentValue(this.#histogram.maxValue) / 1000;
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
    return hasEnoughSamples(this.count, percent) ? this.quantileMs(percent) : null;
  }

  /**
   * Mean and standard deviation, each sample counted as the middle of its cell, as in HdrHistogram; null without
   * samples.
   */
  moments(): Moments | null {
    const { count } = this;
    if (count === 0) return null;
    const middlesUs: number[] = [];
    const counts: number[] = [];
    let sumUs = 0;
    this.#forEachCell((valueUs, inCell) => {
      const middleUs = this.#histogram.medianEquivalentValue(valueUs);
      middlesUs.push(middleUs);
      counts.push(inCell);
      sumUs += middleUs * inCell;
    });
    // In a second pass: the difference of two large sums of squares would lose the deviation of a narrow distribution.
    const meanUs = sumUs / count;
    const squaredUs = middlesUs.reduce(
      (sum, middleUs, cell) => sum + (middleUs - meanUs) ** 2 * (counts[cell] ?? 0),
      0,
    );
    return { meanMs: meanUs / 1000, stddevMs: Math.sqrt(squaredUs / count) / 1000 };
  }

  /** The cells with samples, in rising order. */
  cells(): readonly HistogramCell[] {
    const cells: HistogramCell[] = [];
    this.#forEachCell((valueUs, count) => {
      cells.push({ upToMs: this.#histogram.highestEquivalentValue(valueUs) / 1000, count });
    });
    return cells;
  }

  /** The distribution in HdrHistogram's own text format, in milliseconds. */
  percentileDistribution(): string {
    return this.#histogram.outputPercentileDistribution(5, 1000);
  }

  /** HdrHistogram V2, compressed, base64, in microseconds: any HdrHistogram library reads it. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }

  /** Calls `visit` with the lowest value of each cell that has samples, and their number. */
  #forEachCell(visit: (valueUs: number, count: number) => void): void {
    const { countsArrayLength } = this.#histogram;
    for (let index = 0; index < countsArrayLength; index += 1) {
      const count = this.#histogram.getCountAtIndex(index);
      if (count > 0) visit(this.#histogram.valueFromIndex(index), count);
    }
  }
}

function emptyHistogram(): JsHistogram {
  const options = { bitBucketSize: 64, autoResize: true, numberOfSignificantValueDigits: significantDigits } as const;
  return ofJavaScript(build({ ...options, lowestDiscernibleValue: 1, highestTrackableValue: 2 }));
}

/** The library itself would allocate whatever the text says. @throws Error if it is too much */
function checkSize(base64: string): void {
  const compressed = Buffer.from(base64, 'base64').subarray(envelopeBytes);
  const encoding = inflateSync(compressed, { maxOutputLength: longestEncoding });
  const digits = encoding.readInt32BE(digitsAt);
  if (digits !== significantDigits)
    throw new Error(`it has ${digits} significant digits instead of ${significantDigits}`);
}

function ofJavaScript(histogram: Histogram): JsHistogram {
  if (histogram instanceof JsHistogram) return histogram;
  throw new Error('HdrHistogram was built as WebAssembly');
}
