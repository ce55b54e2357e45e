import { describe, expect, it } from 'vitest';
import { judgeObjectives, objectiveSentences } from '../../../src/core/measurement/objective-verdicts.js';
import { benchResult, type ResultDescription } from '../../support/bench-result.js';

type Setting = ResultDescription['settings'][number];

/** The states of the objectives at one setting with a TTFT of about 100 ms. */
function states(slo: readonly string[], setting: Partial<Setting> = {}): readonly string[] {
  const times = { completed: 300, queueWaitMs: 0, prefillMs: 100, deliveryMs: 0, spread: 0.1 };
  const { result, summaries } = benchResult({ settings: [{ ...times, ...setting }], plan: { slo: [...slo] } });
  return judgeObjectives(result, summaries).map(({ state }) => state);
}

describe('an objective', () => {
  it('with a percentile is about the merged histogram of a setting', () => {
    expect(states(['ttft.p50<110ms', 'ttft.p50<90ms', 'ttft.p95<110ms'])).toEqual(['met', 'missed', 'missed']);
  });

  it('without a percentile is about every single request', () => {
    expect(states(['ttft<200ms', 'ttft<110ms'])).toEqual(['met', 'missed']);
    expect(states(['ttft<200ms'], { errors: { timeout: 1 } })).toEqual(['missed']);
  });

  it('is judged at every setting', () => {
    const settings = [50, 200].map((prefillMs, index) => ({ maxConcurrency: index + 1, prefillMs, completed: 100 }));
    const { result, summaries } = benchResult({ settings, plan: { slo: ['ttft.p50<100ms'] } });
    const verdicts = judgeObjectives(result, summaries);
    expect(verdicts.map(({ state }) => state)).toEqual(['met', 'missed']);
    expect(objectiveSentences(verdicts)).toEqual([
      expect.stringMatching(
        /^Objective missed: ttft\.p50<100ms at 8 clients and max-concurrency 2: 1\d\d ms, not below 100 ms\.$/,
      ),
    ]);
  });

  it('counts requests without an answer as slower than any limit', () => {
    // 300 of 600 were answered: the p90 of all is nowhere, and the p50 is the slowest answer that there was.
    expect(states(['ttft.p90<1h', 'ttft.p50<1h'], { errors: { queue_full: 300 } })).toEqual(['missed', 'met']);
    expect(states(['ttft.p50<105ms'])).toEqual(['met']);
    expect(states(['ttft.p50<105ms'], { errors: { queue_full: 200 } })).toEqual(['missed']);
  });

  it('cannot be judged with too few samples, or without any', () => {
    expect(states(['ttft.p99<1h'], { completed: 100 })).toEqual(['unknown']);
    expect(states(['ttft.p50<1h'], { completed: 0 })).toEqual(['unknown']);
    expect(states(['ttft.p50<1h'], { completed: 0, errors: { queue_full: 1 } })).toEqual(['missed']);
  });

  it('is not missed for sure if the load generator was saturated, but may be met', () => {
    const client = { saturated: true };
    expect(states(['ttft.p50<110ms', 'ttft.p50<90ms'], { client })).toEqual(['met', 'unknown']);
  });
});
