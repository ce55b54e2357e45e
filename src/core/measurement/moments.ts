import { decodeFromCompressedBase64, JsHistogram } from 'hdr-histogram-js';

export interface Moments {
  readonly meanMs: number;
  /** Of the samples themselves, not an estimate for a larger population. */
  readonly stddevMs: number;
}

/**
 * Mean and standard deviation of the samples of a histogram, each taken for the middle of its cell, as HdrHistogram does.
 *
 * HdrHistogram's own getters compute the value of every cell, twice and more, and there are 20,000 of them for seconds in
 * microseconds: 15 ms for 50,000 samples. Here only cells with samples are looked at, which takes 1 ms, decoding included.
 *
 * @param encoded HdrHistogram V2, compressed, base64, in microseconds, with samples
 * @throws Error if it is not that
 */
export function momentsOf(encoded: string): Moments {
  const histogram = decodeFromCompressedBase64(encoded, 64);
  if (!(histogram instanceof JsHistogram)) throw new Error('HdrHistogram was built as WebAssembly');
  const middlesUs: number[] = [];
  const counts: number[] = [];
  let sumUs = 0;
  for (let index = 0; index < histogram.countsArrayLength; index += 1) {
    const count = histogram.getCountAtIndex(index);
    if (count === 0) continue;
    const middleUs = histogram.medianEquivalentValue(histogram.valueFromIndex(index));
    middlesUs.push(middleUs);
    counts.push(count);
    sumUs += middleUs * count;
  }
  // In a second pass: the difference of two large sums of squares would lose what a narrow distribution has of deviation.
  const meanUs = sumUs / histogram.totalCount;
  const squaredUs = middlesUs.reduce((sum, middleUs, cell) => sum + (middleUs - meanUs) ** 2 * (counts[cell] ?? 0), 0);
  return { meanMs: meanUs / 1000, stddevMs: Math.sqrt(squaredUs / histogram.totalCount) / 1000 };
}
