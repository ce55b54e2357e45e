import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../../../src/core/compare/comparison.js';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { compare } from '../../../../src/core/compare/verdicts/compare.js';
import type { BenchResult, EndedEarly } from '../../../../src/core/measurement/result-schema.js';
import { conclusionOf } from '../../../../src/core/report/compare/conclusion.js';
import { comparisonSuites } from '../../../../src/core/report/compare/junit.js';
import { renderComparison } from '../../../../src/core/report/compare/terminal.js';
import { alternately, pair, resultOf } from '../sides.js';

const good = resultOf(1);

function gate(sides: ReturnType<typeof pair>, ...failOn: string[]): Comparison {
  return compare(sides, { thresholds: parseThresholds(failOn), allowed: [] });
}

describe('trials', () => {
  it('count only where they have the figure', () => {
    const none = { count: 0, mean: null, stddev: null, p50: null, p90: null, p95: null, p99: null, p99_9: null };
    const runs = resultOf(2, {}, {}, 2).runs.map((run, index) =>
      index < 3
        ? run
        : { ...run, metrics: { ...run.metrics, tpot: { ...run.metrics.tpot, ...none, histogram: null } } },
    );
    const comparison = gate(pair(good, { ...good, runs }), 'tpot.p50>10%');
    expect(conclusionOf(comparison)).toEqual([
      'Inconclusive: 5 trials of the baseline and 3 of the candidate have tpot.p50, but the gate needs 5: measure for longer (-d), or more --trials.',
    ]);
  });

  it('in which no request was answered have no rate', () => {
    const failed = resultOf(1, { completed: 0, errors: { http_500: 1 } }).runs.slice(0, 2);
    const runs = [...resultOf(1, {}, {}, 2).runs.slice(0, 3), ...failed];
    const comparison = gate(pair(good, { ...good, runs }), 'output_tokens_per_second<10%');
    expect(conclusionOf(comparison)[0]).toContain('5 trials of the baseline and 3 of the candidate have');
  });
});

describe('a server that was lost', () => {
  const lost = (server: 'candidate' | 'baseline', trials: { baseline: number; candidate: number }): BenchResult => {
    const message = 'Nothing listens at 127.0.0.1:8001.';
    const end: EndedEarly = { cause: 'target-lost', server, message };
    const { target, runs } = good;
    const result = { ...good, runs: runs.slice(0, trials.candidate), interrupted: true, ended_early: end };
    return { ...result, versus: { target, runs: runs.slice(0, trials.baseline) } };
  };
  const sidesOf = (result: BenchResult): ReturnType<typeof pair> =>
    alternately({ ...good, runs: result.versus?.runs ?? [] }, result);

  it.each([
    ['candidate', { baseline: 0, candidate: 1 }, 'regression', 'Regression: the candidate was lost'],
    ['candidate', { baseline: 1, candidate: 0 }, 'regression', 'Regression: the candidate was lost'],
    ['baseline', { baseline: 1, candidate: 0 }, 'inconclusive', 'Inconclusive: the baseline was lost'],
    ['candidate', { baseline: 0, candidate: 0 }, 'regression', 'Regression: the candidate was lost'],
  ] as const)('in the first trial has its verdict: %s, %j', (server, trials, verdict, words) => {
    const comparison = gate(sidesOf(lost(server, trials)), 'ttft.p50>10%');
    expect(comparison.verdict).toBe(verdict);
    expect(conclusionOf(comparison)[0]).toContain(words);
    expect(renderComparison(comparison, { width: 100, colour: false })).toContain(words);
    expect(comparisonSuites(comparison)[0]?.cases[0]).toMatchObject({ name: 'measurement is complete' });
  });

  it('has nothing to compare in the first trial, also without thresholds', () => {
    expect(gate(sidesOf(lost('candidate', { baseline: 0, candidate: 1 }))).verdict).toBe('inconclusive');
  });

  it('in a later trial has the failures of that trial in its success rate', () => {
    const result = lost('candidate', { baseline: 4, candidate: 5 });
    const runs = result.runs.map((run, index) =>
      index < 4 ? run : { ...run, requests: { ...run.requests, completed: 0, failed: 250 } },
    );
    const { rows } = gate(sidesOf({ ...result, runs }), 'success_rate<1%');
    expect(rows[0]).toMatchObject({ metric: { id: 'success_rate' }, candidate: 0.8 });
    expect(rows[0]?.judgement).toMatchObject({ outcome: { verdict: 'regression' } });
    expect(rows[0]?.trials).toEqual({ baseline: 4, candidate: 5 });
  });
});
