import { medianRanks } from '../../statistics/median-interval.js';
import { unknown } from '../numbers.js';
import type { MedianInterval, MetricFigures } from '../result-schema.js';
import { hasEnoughSamples, type LatencyHistogram } from './histogram.js';

/** With fewer samples, the interval of a median is all of their range, and the median is left out. */
const leastForMedian = 5;

/** Stands before the median of so few samples that it is shown with an interval. */
export const roughMark = '~';

/** The median in milliseconds; null with fewer than 5 samples. */
export function medianMs(histogram: LatencyHistogram): number | null {
  return histogram.count < leastForMedian ? null : histogram.quantileMs(50);
}

/** Where the median lies, in milliseconds, if there are 5 to 19 samples; null if there are too few or enough. */
export function medianIntervalOf(histogram: LatencyHistogram): MedianInterval | null {
  const { count } = histogram;
  if (count < leastForMedian || hasEnoughSamples(count, 50)) return null;
  const { lower, upper, coverage } = medianRanks(count);
  // The middle of a rank, so that rounding cannot reach the neighbouring rank.
  const sampleMs = (rank: number): number => histogram.quantileMs(((rank - 0.5) / count) * 100) ?? 0;
  return { lower: sampleMs(lower), upper: sampleMs(upper), coverage };
}

/** The text before a median: a mark if it is based on few samples, otherwise nothing. */
export function roughness({ p50_interval: interval }: Pick<MetricFigures, 'p50_interval'>): string {
  return interval === undefined ? '' : roughMark;
}

/** A median for a reader, marked if it is one of few samples: `412 ms`, `~412 ms`, `–`. */
export function medianText(
  figures: Pick<MetricFigures, 'p50' | 'p50_interval'>,
  format: (ms: number) => string,
): string {
  return figures.p50 === null ? unknown : `${roughness(figures)}${format(figures.p50)}`;
}

/** The confidence of intervals in percent, rounded down: 95, or 93 if one is of 5 samples. */
export function confidencePercent(intervals: readonly MedianInterval[]): number {
  return Math.floor(100 * Math.min(0.95, ...intervals.map(({ coverage }) => coverage)));
}
