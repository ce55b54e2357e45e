import type { BenchResult, FindMax, FindMaxPlan } from '../../../src/core/measurement/result-schema.js';
import type { ResultDescription } from '../../support/bench-result.js';
import { resultOf } from './sides.js';

type Verdict = FindMax['points'][number]['verdict'];

/** A result of `bench --find-max` that has measured 4, 8 and 16 requests/s, one of them twice. */
export function searchOf(
  found: Partial<FindMax>,
  setting: Partial<ResultDescription['settings'][number]> = {},
  verdicts: readonly Verdict[] = ['holds', 'unclear', 'breaks'],
  search: Partial<FindMaxPlan> = {},
): BenchResult {
  const promise = 'ttft.p95<500ms';
  const plan: FindMaxPlan = { promises: [promise], by: 'rate', precision: 0.05, start: 4, ...search };
  const loads = [4, 8, 16];
  const common = { maxConcurrency: 2, completed: 60, spread: 0.1, queueWaitMs: 30, prefillMs: 40, tpotMs: 10 };
  const result = resultOf(
    1,
    {},
    {
      settings: loads.map((rate) => ({ ...common, rate, concurrency: null, ...setting })),
      trials: 1,
      plan: { loop: 'open', find_max: plan },
    },
  );
  return {
    ...result,
    find_max: {
      by: 'rate',
      status: 'found',
      finished: true,
      load: null,
      lower: null,
      upper: null,
      next_to_break: promise,
      contradictions: [],
      points: loads.map((load, index) => ({
        load,
        measurements: index === 1 ? 2 : 1,
        requests: 60,
        verdict: verdicts[index] ?? 'unclear',
        overloaded: false,
        promises: [],
      })),
      ...found,
    },
  };
}
