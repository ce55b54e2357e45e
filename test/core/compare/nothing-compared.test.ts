import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Comparison, gatedRows } from '../../../src/core/compare/comparison.js';
import { parseThresholds } from '../../../src/core/compare/threshold.js';
import { compare } from '../../../src/core/compare/verdicts/compare.js';
import { compareSeveral } from '../../../src/core/compare/verdicts/compare-several.js';
import type { BenchResult, EndedEarly } from '../../../src/core/measurement/result-schema.js';
import { conclusionOf } from '../../../src/core/report/compare/conclusion.js';
import { githubAnnotations } from '../../../src/core/report/compare/github.js';
import { comparisonSuites } from '../../../src/core/report/compare/junit.js';
import { comparisonMarkdown } from '../../../src/core/report/compare/markdown.js';
import { renderSeveral, severalMarkdown } from '../../../src/core/report/compare/several-candidates.js';
import { renderComparison } from '../../../src/core/report/compare/terminal.js';
import { comparisonHtml } from '../../../src/core/report/html/comparison-page.js';
import { searchOf } from './searches.js';
import { alternately, pair, resultOf } from './sides.js';

const style = { width: 100, colour: false };
const base = resultOf(1);
const elsewhere = resultOf(1, { maxConcurrency: 4 });
const dead = resultOf(1, { completed: 0, errors: { queue_full: 100 } });

function ended(result: BenchResult, cause: EndedEarly['cause'], server: EndedEarly['server'] = null): BenchResult {
  return { ...result, interrupted: true, ended_early: { cause, server, message: 'It ended.' } };
}

function gate(baseline: BenchResult, candidate: BenchResult, ...failOn: string[]): Comparison {
  return compare(pair(baseline, candidate), { thresholds: parseThresholds(failOn), allowed: ['plan'] });
}

const lostAtOnce = ended({ ...base, runs: [] }, 'target-lost', 'candidate');

describe('two results without a common setting', () => {
  it.each([
    ['neither', base, elsewhere],
    ['the candidate', base, ended(elsewhere, 'stopped')],
    ['the baseline', ended(base, 'stopped'), elsewhere],
  ])('are refused with the settings of each, also if %s was stopped', (_, baseline, candidate) => {
    for (const failOn of [[], ['ttft.p95>10%']]) {
      expect(() => gate(baseline, candidate, ...failOn)).toThrow(
        'Baseline and candidate have no setting in common: 8 clients and max-concurrency 2 in the baseline, 8 clients and max-concurrency 4 in the candidate.',
      );
    }
  });

  it('are inconclusive if one of them has no figures, because its server was lost', () => {
    const comparison = gate(base, lostAtOnce);
    expect(comparison).toMatchObject({ verdict: 'inconclusive', rows: [] });
    expect(conclusionOf(comparison)).toEqual([
      'Inconclusive: the candidate was lost before the measurement was complete; baseline and candidate have no setting in common: 8 clients and max-concurrency 2 in the baseline, nothing in the candidate.',
    ]);
    expect(gate(base, lostAtOnce, 'ttft.p95>10%').verdict).toBe('regression');
    expect(gate(ended({ ...base, runs: [] }, 'target-lost'), base, 'ttft.p95>10%').verdict).toBe('inconclusive');
  });

  it('have a reason in every report, and no table without rows', async () => {
    const comparison = gate(base, lostAtOnce);
    const reason = 'no setting in common';
    expect(renderComparison(comparison, style)).toContain(reason);
    expect(renderComparison(comparison, style)).not.toContain('baseline  candidate');
    expect(comparisonMarkdown(comparison)).toContain(reason);
    expect(comparisonMarkdown(comparison)).not.toContain('| metric |');
    expect(githubAnnotations(comparison)).toEqual([
      expect.stringMatching(/^::warning title=Performance%3A inconclusive::.*in common/),
    ]);
    expect(comparisonSuites(comparison)[0]?.cases[1]).toMatchObject({
      name: 'there is something to compare',
      status: 'skipped',
      message: expect.stringContaining(reason) as string,
    });
    const page = await comparisonHtml(comparison);
    expect(page).toContain('nothing could be compared');
    expect(page).not.toContain('All figures');
  });

  it('are named among several candidates', () => {
    const named = (name: string, result: BenchResult) => ({ name, result });
    const several = compareSeveral(
      named('base.json', base),
      [named('a.json', lostAtOnce), named('b.json', lostAtOnce)],
      {
        ...{ thresholds: [], allowed: [] },
      },
    );
    expect(several.verdict).toBe('inconclusive');
    expect(renderSeveral(several, style)).not.toContain('metric');
    expect(severalMarkdown(several)).not.toContain('| metric');
  });
});

describe('results without a figure on both sides', () => {
  it.each([
    ['no request was completed on either side', dead, dead],
    ['the baseline completed no request', dead, base],
  ])('are inconclusive: %s', (reason, baseline, candidate) => {
    const comparison = gate(baseline, candidate);
    expect(comparison.verdict).toBe('inconclusive');
    expect(conclusionOf(comparison)).toEqual([`Inconclusive: ${reason}.`]);
  });

  it('are inconclusive if no trial was measured on both sides', () => {
    const later = { ...base, runs: base.runs.map((run) => ({ ...run, trial: run.trial + 10 })) };
    const comparison = compare(alternately(base, later), { thresholds: [], allowed: [] });
    expect(conclusionOf(comparison)).toEqual(['Inconclusive: no figure is known on both sides.']);
  });

  it('have a tendency, and no verdict, if the candidate alone answers nothing', () => {
    const { verdict, rows } = gate(base, dead);
    expect(verdict).toBe('none');
    expect(rows.find(({ metric }) => metric.id === 'success_rate')).toMatchObject({ baseline: 1, candidate: 0 });
  });
});

it('two searches of which one found no limit are inconclusive, also without thresholds', () => {
  const found = searchOf({ load: 10, lower: 9.6, upper: 10.4 });
  const comparison = gate(found, { ...searchOf({ status: 'nothing-measured', points: [] }), runs: [] });
  expect(conclusionOf(comparison)).toEqual(['Inconclusive: a limit that was not found cannot be compared.']);
  expect(gate(found, found).verdict).toBe('none');
});

it('passes only what has figures that passed', () => {
  const results = [base, elsewhere, dead, lostAtOnce, ended(base, 'stopped'), ended(elsewhere, 'failed')];
  fc.assert(
    fc.property(
      fc.constantFrom(...results),
      fc.constantFrom(...results),
      fc.constantFrom([], ['ttft.p95>10%'], ['success_rate<1%']),
      (before, after, failOn) => {
        let comparison: Comparison;
        try {
          comparison = gate(before, after, ...failOn);
        } catch (error) {
          expect(error).toMatchObject({ code: 'usage' });
          return;
        }
        const { verdict, rows } = comparison;
        if (verdict === 'pass') expect(gatedRows(comparison).length).toBeGreaterThan(0);
        if (verdict === 'none') expect(rows.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 60 },
  );
});
