import { LatencyHistogram } from '../../../src/core/measurement/latency/histogram.js';
import { metricOf } from '../../../src/core/measurement/latency/metric.js';
import type { TenantFigures } from '../../../src/core/measurement/result-schema.js';

/** A tenant whose requests took this long to their first token, and ten times as long in all, in milliseconds. */
export function tenantOf(name: string, ttftMs: readonly number[]): TenantFigures {
  const histogramOf = (times: readonly number[]): LatencyHistogram => {
    const histogram = new LatencyHistogram();
    for (const ms of times) histogram.record(ms * 1000);
    return histogram;
  };
  const completed = ttftMs.length;
  return {
    ...{ name, share: 1, weight: 1, completed, unanswered: 0 },
    ...{ requests_per_second: completed / 10, output_tokens_per_second: completed },
    ...{ output_tokens: completed * 10, prompt_tokens: null, cached_tokens: null },
    ttft: metricOf(histogramOf(ttftMs)),
    tpot: metricOf(histogramOf([])),
    e2e: metricOf(histogramOf(ttftMs.map((ms) => ms * 10))),
  };
}

/** So many times around a median. */
export function around(medianMs: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => medianMs * (0.75 + (0.5 * index) / (count - 1)));
}
