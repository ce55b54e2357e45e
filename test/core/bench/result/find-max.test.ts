import { describe, expect, it } from 'vitest';
import { describeSearch } from '../../../../src/core/bench/result/find-max.js';
import type { SearchOutcome } from '../../../../src/core/bench/search/conclude.js';
import { LatencyHistogram } from '../../../../src/core/measurement/latency/histogram.js';
import { parseObjective } from '../../../../src/core/measurement/settings/objectives.js';
import { benchResult } from '../../../support/bench-result.js';

const objectives = [parseObjective('ttft.p95<200ms')];

/** The value of a p95 at a load with TTFTs of 1 ms, 2 ms, … that are worth `effectiveAttempts` independent requests. */
function valueOf(requests: number, effectiveAttempts: number) {
  const { summaries } = benchResult({ settings: [{ rate: 4, concurrency: null }] });
  const histogram = new LatencyHistogram();
  for (let each = 1; each <= requests; each += 1) histogram.record(each * 1000);
  const counts = { completed: requests, refused: 0, failed: 0, timed_out: 0 };
  const measured = summaries.map((summary) => ({
    ...summary,
    requests: { ...summary.requests, ...counts },
    histograms: new Map([['ttft' as const, histogram]]),
  }));
  const share = { share: 0, effectiveAttempts, interval: { lower: 0, upper: 0.5 } };
  const outcome: SearchOutcome = {
    status: 'all-hold',
    highest: 4,
    isFinished: false,
    isClientFull: false,
    holdsFrom: null,
    contradictions: [],
    loads: [
      {
        load: 4,
        looks: 1,
        shares: [share],
        isOverloaded: false,
        isRising: false,
        hiddenExcess: 0,
        verdict: 'unclear',
        score: 0,
      },
    ],
  };
  return describeSearch({ objectives, by: 'rate' }, outcome, measured).points[0]?.promises[0];
}

describe('the percentile at a load of a search', () => {
  it('has an interval on both sides if enough independent requests were measured', () => {
    const value = valueOf(400, 400);
    expect(value?.value_lower_ms).toBeCloseTo(369, -1);
    expect(value?.value_ms).toBeCloseTo(380, 0);
    expect(value?.value_upper_ms).toBeCloseTo(388, -1);
  });

  it('has no upper end if even the slowest request may be below it', () => {
    // 0.95 ^ 71 = 2.6 %: so often, none of 71 requests is above their p95.
    expect(valueOf(71, 71)?.value_upper_ms).toBeNull();
    expect(valueOf(73, 73)?.value_upper_ms).not.toBeNull();
    const dependent = valueOf(400, 15);
    expect(dependent?.value_upper_ms).toBeNull();
    expect(dependent?.value_lower_ms).not.toBeNull();
  });
});
