import {
  type MetricName,
  metricNames,
  type PercentileName,
  percentileNames,
  percentileText,
} from '../measurement/metric-names.js';
import type { FindMaxBy, Rates } from '../measurement/result-schema.js';

export const rateNames = [
  'requests_per_second',
  'output_tokens_per_second',
  'input_tokens_per_second',
  'goodput',
  'success_rate',
] as const satisfies readonly (keyof Rates)[];

export type RateName = (typeof rateNames)[number];

/** A figure that both results have at a setting and that can be compared. */
export type ComparedMetric =
  /** In milliseconds; lower is better. */
  | {
      readonly type: 'latency';
      /** Such as `ttft.p95`. */
      readonly id: string;
      readonly metric: MetricName;
      readonly percentile: PercentileName;
    }
  /** Higher is better. */
  | { readonly type: 'rate'; readonly id: RateName; readonly rate: RateName };

/** The limit that a search found: the highest load at which all objectives hold. Higher is better. */
export interface LimitMetric {
  readonly type: 'limit';
  readonly id: 'find_max';
  /** The quantity that the search raised; null in a threshold, which fits any. */
  readonly by: FindMaxBy | null;
}

/** What can have a threshold. */
export type JudgedMetric = ComparedMetric | LimitMetric;

function latency(metric: MetricName, percentile: PercentileName): ComparedMetric {
  return { type: 'latency', id: `${metric}.${percentileText(percentile)}`, metric, percentile };
}

function rate(name: RateName): ComparedMetric {
  return { type: 'rate', id: name, rate: name };
}

/** Every figure; all but `client_wait` can have a threshold. */
export const allMetrics: readonly ComparedMetric[] = [
  ...metricNames.flatMap((metric) => percentileNames.map((percentile) => latency(metric, percentile))),
  ...rateNames.map(rate),
];

/**
 * The figures that are shown without thresholds: what users feel and what the machine yields.
 *
 * @param loop in an open loop, latency counts from when a request should have been sent
 */
export function defaultMetrics(loop: 'closed' | 'open'): readonly ComparedMetric[] {
  const ttft = loop === 'open' ? 'ttft_from_schedule' : 'ttft';
  return [
    latency(ttft, 'p50'),
    latency(ttft, 'p95'),
    latency('queue_wait', 'p95'),
    latency('tpot', 'p50'),
    latency('tpot', 'p95'),
    latency('e2e', 'p95'),
    rate('output_tokens_per_second'),
    rate('requests_per_second'),
    rate('goodput'),
    rate('success_rate'),
  ];
}
