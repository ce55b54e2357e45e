import type { BenchResult, FindMax } from '../../../../src/core/measurement/result-schema.js';
import { benchResult } from '../../../support/bench-result.js';

const promise = 'ttft.p95<500ms';

/** A load of a search, at which 2 % of 100 requests missed the objective. */
export function pointOf(
  load: number,
  valueMs: number,
  verdict: FindMax['points'][number]['verdict'],
): FindMax['points'][number] {
  const value = { value_ms: valueMs, value_lower_ms: valueMs * 0.9, value_upper_ms: valueMs * 1.1 };
  const missed = { missed_share: 0.02, missed_lower: 0.01, missed_upper: 0.04 };
  return {
    load,
    measurements: 1,
    requests: 100,
    verdict,
    overloaded: false,
    promises: [{ promise, ...value, ...missed }],
  };
}

/** The result of a search by rate that found its limit, with what is given instead. */
export function searchOf(found: Partial<FindMax> = {}): {
  result: BenchResult;
  summaries: ReturnType<typeof benchResult>['summaries'];
} {
  const { result, summaries } = benchResult({
    settings: [{ rate: 4, concurrency: null }],
    plan: { find_max: { promises: [promise], by: 'rate', precision: 0.05, start: 1 } },
  });
  const findMax: FindMax = {
    by: 'rate',
    status: 'found',
    finished: true,
    load: 5.6,
    lower: 5.4,
    upper: 5.8,
    next_to_break: promise,
    contradictions: [],
    points: [pointOf(4, 120, 'holds'), pointOf(5.6, 480, 'unclear'), pointOf(8, 2400, 'breaks')],
    ...found,
  };
  return { result: { ...result, find_max: findMax }, summaries };
}
