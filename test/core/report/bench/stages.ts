import { LatencyHistogram } from '../../../../src/core/measurement/latency/histogram.js';
import { metricOf } from '../../../../src/core/measurement/latency/metric.js';
import type { StageFigures } from '../../../../src/core/measurement/result-schema.js';

function latency(ms: number): StageFigures['ttft'] {
  const histogram = new LatencyHistogram();
  for (let sample = 0; sample < 25; sample += 1) histogram.record(ms * 1000);
  return metricOf(histogram);
}

/** A stage of 10 s with a constant rate, in which 25 requests were answered, with what is given instead. */
export function stage(rate: number, fromSeconds: number, more: Partial<StageFigures> = {}): StageFigures {
  const tokens = { output_tokens: 250, prompt_tokens: 500, cached_tokens: null };
  return {
    ...{ from_rate: rate, to_rate: rate, from_seconds: fromSeconds, to_seconds: fromSeconds + 10 },
    ...{ requests_per_second: 2.5, output_tokens_per_second: 25, completed: 25, unanswered: 0, ...tokens },
    ...{ ttft: latency(20), tpot: latency(10), e2e: latency(110) },
    ...more,
  };
}
