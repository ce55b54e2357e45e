import { samplesNeeded } from '../../measurement/latency/histogram.js';
import { type MetricName, percentiles, percentileText } from '../../measurement/metric-names.js';
import { whole } from '../../measurement/numbers.js';
import type { ComparedMetric } from '../compared-metric.js';

/** A request has at most one value of these figures. How many it has of others is only known afterwards. */
export const onceARequest: ReadonlySet<MetricName> = new Set(['ttft', 'ttft_from_schedule', 'tpot', 'e2e']);

/** How much a percentile needs, without a full stop: `a p95 needs 200 requests`. */
export function neededSamplesText({ metric, percentile }: Extract<ComparedMetric, { type: 'latency' }>): string {
  const needed = samplesNeeded(percentiles[percentile]);
  return `a ${percentileText(percentile)} needs ${whole(needed)} ${onceARequest.has(metric) ? 'requests' : 'values'}`;
}
