import { type LatencyHistogram, samplesNeeded } from '../../../measurement/latency/histogram.js';
import type { FiguresPerMetric } from '../../../measurement/result-schema.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';

/** A number of samples that lie somewhere between two times. */
export interface Mass {
  readonly fromMs: number;
  readonly upToMs: number;
  readonly count: number;
}

export type DensityMetric = 'ttft' | 'ttft_from_schedule' | 'queue_wait' | 'tpot' | 'e2e';

/** The samples of a setting, from its histogram or else from the server's buckets; empty if there is neither. */
export function massesOf({ histograms, metrics }: SettingSummary, metric: DensityMetric): readonly Mass[] {
  const histogram = histograms.get(metric);
  if (histogram !== undefined && histogram.count > 0) return massesIn(histogram);
  return metric === 'queue_wait' ? bucketMasses(metrics.queue_wait) : [];
}

/** The samples of a histogram. */
export function massesIn(histogram: LatencyHistogram): readonly Mass[] {
  return Array.from(histogram.cells(), ({ upToMs, count }) => ({ fromMs: upToMs, upToMs, count }));
}

function bucketMasses({ buckets = [] }: FiguresPerMetric['queue_wait']): readonly Mass[] {
  let fromMs = 0;
  const masses: Mass[] = [];
  for (const { up_to_ms: bound, count } of buckets) {
    // Samples beyond the last bound are only known to lie beyond it.
    const upToMs = bound ?? fromMs;
    if (count > 0) masses.push({ fromMs, upToMs, count });
    fromMs = upToMs;
  }
  return masses;
}

/** Whether samples are shown one by one: a shape made of fewer than 20 would look like more than is known. */
export function areFew(masses: readonly Mass[]): boolean {
  const total = masses.reduce((sum, { count }) => sum + count, 0);
  return total < samplesNeeded(50) && masses.every(({ fromMs, upToMs }) => fromMs === upToMs);
}
