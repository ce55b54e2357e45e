import { decodeFromCompressedBase64, JsHistogram } from 'hdr-histogram-js';

/** The cells of a histogram that have samples in them, by rising time. */
export interface HistogramCells {
  /** Upper end of each cell in microseconds. */
  readonly upToUs: readonly number[];
  readonly counts: readonly number[];
}

export const noCells: HistogramCells = { upToUs: [], counts: [] };

/**
 * Decodes a histogram of a result file.
 *
 * The library's iterator computes the value of every cell, and there are 20,000 of them for seconds in microseconds: 4 ms
 * per histogram of 200 samples. Here only cells with samples are looked at, which takes 0.25 ms; a comparison reads
 * hundreds of histograms.
 *
 * @param encoded HdrHistogram V2, compressed, base64
 * @throws Error if it is not that
 */
export function decodeCells(encoded: string): HistogramCells {
  const histogram = decodeFromCompressedBase64(encoded, 64);
  if (!(histogram instanceof JsHistogram)) throw new Error('HdrHistogram was built as WebAssembly');
  const upToUs: number[] = [];
  const counts: number[] = [];
  for (let index = 0; index < histogram.countsArrayLength; index += 1) {
    const count = histogram.getCountAtIndex(index);
    if (count === 0) continue;
    upToUs.push(histogram.highestEquivalentValue(histogram.valueFromIndex(index)));
    counts.push(count);
  }
  return { upToUs, counts };
}
