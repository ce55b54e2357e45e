import type { LatencyHistogram } from '../record/histogram.js';
import type { MetricName } from '../record/metric-names.js';
import type { Rates, RequestCounts, RunMetrics, RunSettings } from './schema.js';

/** All trials of one setting together: histograms merged, rates over the sum of their spans. */
export interface SettingSummary {
  readonly settings: RunSettings;
  readonly trials: number;
  readonly requests: RequestCounts;
  readonly rates: Rates;
  readonly metrics: RunMetrics;
  /** What the metrics were merged from; those without samples of single requests are missing. */
  readonly histograms: ReadonlyMap<MetricName, LatencyHistogram>;
  /** Mean queue wait over mean TTFT, 0 to 1; null if the queue wait is not known. */
  readonly queueShare: number | null;
  readonly saturated: boolean;
}
