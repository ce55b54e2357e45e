import { describe, expect, it } from 'vitest';
import { type Comparison, isDecided } from '../../../../src/core/compare/comparison.js';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { compare } from '../../../../src/core/compare/verdicts/compare.js';
import type { BenchResult, Run } from '../../../../src/core/measurement/result-schema.js';
import { conclusionOf } from '../../../../src/core/report/compare/conclusion.js';
import { alternately, resultOf } from '../sides.js';

const open = { concurrency: null, rate: 20 };
const good = resultOf(1, open, { plan: { loop: 'open' } });
const overload = {
  in_flight_per_second: { slope: 2, lower: 1, upper: 3 },
  ttft_ms_per_second: { slope: 90, lower: 60, upper: 120 },
};

/** The same with something else in the first runs. */
function withRuns(count: number, change: Partial<Run>, result: BenchResult = resultOf(1, open, {}, 2)): BenchResult {
  const runs = result.runs.map((run, index) => (index < count ? { ...run, ...change } : run));
  return { ...result, plan: good.plan, runs };
}

function gate(baseline: BenchResult, candidate: BenchResult, ...failOn: string[]): Comparison {
  return compare(alternately(baseline, candidate), { thresholds: parseThresholds(failOn), allowed: [] });
}

describe('a load that only the candidate cannot follow', () => {
  it.each([{ overload }, { aborted_on: 'overload' }])('is a regression: %j', (change) => {
    const comparison = gate(good, withRuns(5, change), 'tpot.p50>10%', 'success_rate<1%');
    expect(comparison.verdict).toBe('regression');
    expect(conclusionOf(comparison)[0]).toBe(
      "Regression: tpot.p50 at 20.0 requests/s and max-concurrency 2 has no steady value: the candidate's queue grew without end, and the baseline's did not.",
    );
    expect(comparison.rows.find(({ metric }) => metric.id === 'success_rate')?.judgement).toMatchObject({
      outcome: { verdict: 'pass' },
    });
  });

  it('is none if it was in a minority of the trials', () => {
    expect(gate(good, withRuns(2, { overload }), 'tpot.p50>10%').verdict).toBe('pass');
  });

  it('is a doubt if some trials of the baseline were overloaded as well: the load is close to the limit of both', () => {
    const comparison = gate(withRuns(1, { overload }), withRuns(3, { overload }), 'tpot.p50>10%');
    expect(comparison.verdict).toBe('inconclusive');
  });
});

describe('a load that the baseline could not follow', () => {
  it.each([
    ['in the baseline', withRuns(5, { overload }), good],
    ['on both sides', withRuns(5, { overload }), withRuns(5, { aborted_on: 'overload' })],
  ])('%s decides nothing, and more trials would not either', (where, baseline, candidate) => {
    const comparison = gate(baseline, candidate, 'ttft_from_schedule.p50>10%');
    expect(comparison.verdict).toBe('inconclusive');
    expect(isDecided(comparison)).toBe(true);
    expect(conclusionOf(comparison)[0]).toContain(`the queue grew without end ${where}, so the figures depend on`);
  });

  it('has a note without thresholds', () => {
    const { notes, rows } = gate(withRuns(5, { overload }), good);
    expect(notes[0]).toMatch(/^\d+ figures are not compared: the queue grew without end in the baseline/);
    expect(rows).toEqual([]);
  });
});

it('a trial that ended before its time for another reason decides nothing', () => {
  const comparison = gate(good, withRuns(1, { aborted_on: 'errors:10%' }), 'tpot.p50>10%', 'success_rate<1%');
  expect(comparison.verdict).toBe('inconclusive');
  expect(conclusionOf(comparison)[0]).toContain(
    '--abort-on errors:10% ended trials before their time in the candidate',
  );
  expect(comparison.rows.map(({ metric, judgement }) => [metric.id, judgement]).slice(0, 2)).toMatchObject([
    ['tpot.p50', { outcome: { verdict: 'inconclusive' } }],
    ['success_rate', { outcome: { verdict: 'pass' } }],
  ]);
});
