import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../../../src/core/compare/comparison.js';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { compare } from '../../../../src/core/compare/verdicts/compare.js';
import { compareSeveral } from '../../../../src/core/compare/verdicts/compare-several.js';
import type { BenchResult, FindMax } from '../../../../src/core/measurement/result-schema.js';
import { conclusionOf } from '../../../../src/core/report/compare/conclusion.js';
import { comparisonJson } from '../../../../src/core/report/compare/json.js';
import { renderComparison } from '../../../../src/core/report/compare/terminal.js';
import { comparisonHtml } from '../../../../src/core/report/html/comparison-page.js';
import { searchOf } from '../searches.js';
import { pair, resultOf } from '../sides.js';

function gate(baseline: BenchResult, candidate: BenchResult, ...failOn: string[]): Comparison {
  return compare(pair(baseline, candidate), { thresholds: parseThresholds(failOn), allowed: [] });
}

const base = searchOf({ load: 10, lower: 9.6, upper: 10.4 });
const same = searchOf({ load: 10.1, lower: 9.7, upper: 10.5 });
const fewer = searchOf({ load: 8, lower: 7.7, upper: 8.3 });

describe('the limits of two searches', () => {
  it.each([
    [same, 'pass', 1.01],
    [fewer, 'regression', 0.8],
    [searchOf({ load: 9, lower: 8.5, upper: 9.5 }), 'inconclusive', 0.9],
    [searchOf({ load: 15, lower: 14.5, upper: 15.5 }), 'pass', 1.5],
  ] as const)('are judged by the interval of their ratio', (candidate, verdict, ratio) => {
    const comparison = gate(base, candidate, 'find_max<10%');
    expect(comparison.verdict).toBe(verdict);
    expect(comparison.rows[0]).toMatchObject({ metric: { id: 'find_max', by: 'rate' }, trials: { baseline: 4 } });
    expect(comparison.rows[0]?.ratio).toBeCloseTo(ratio, 6);
  });

  it('have an interval that is wider than either and narrower than their quotients', () => {
    const { interval } = gate(base, fewer).rows[0] ?? {};
    // ln of lower ends: √(ln(8 ÷ 7.7)² + ln(10.4 ÷ 10)²) = 0.0547
    expect(interval?.lower).toBeCloseTo(0.8 * Math.exp(-0.0547), 3);
    expect(interval?.upper).toBeCloseTo(0.8 * Math.exp(Math.hypot(Math.log(8.3 / 8), Math.log(10 / 9.6))), 6);
  });

  it('have a wider one with several candidates', () => {
    const candidates = [fewer, same].map((result, index) => ({ name: `${index}.json`, result }));
    const several = compareSeveral({ name: 'base.json', result: base }, candidates, { thresholds: [], allowed: [] });
    const widthOf = ({ rows: [row] }: Pick<Comparison, 'rows'>): number =>
      Math.log((row?.interval?.upper ?? NaN) / (row?.interval?.lower ?? NaN));
    const together = widthOf(several.comparisons[0] ?? { rows: [] });
    expect(together / widthOf(gate(base, fewer))).toBeCloseTo(2.2414 / 1.96, 3);
  });

  it('are in the table, the conclusion, JSON and HTML', async () => {
    const comparison = gate(base, fewer, 'find_max<10%');
    expect(conclusionOf(comparison)).toEqual([
      'Regression: find_max at max-concurrency 2 is 0.80 times the baseline (95 % interval 0.76–0.85), and at least 0.9 is allowed.',
    ]);
    const text = renderComparison(comparison, { colour: false, width: 100 });
    expect(text).toMatch(/✗ find_max +10\.0\/s +8\.00\/s +0\.800 +0\.757–0\.845 +≥ 0\.9 +regression/);
    expect(text).toContain('searches of 4 measurements and 4, one after the other');
    expect(text).not.toContain('was measured at');
    expect(comparisonJson(comparison)).toHaveProperty(
      'rows.0',
      expect.objectContaining({ metric: 'find_max', unit: 'per_second', candidate: 8, verdict: 'regression' }),
    );
    expect(await comparisonHtml(comparison)).toMatch(/find_max.*?<\/t[hd]>\s*<td[^>]*>10.{0,9}<\/td>\s*<td[^>]*>8/s);
  });

  it('are shown first without a threshold, and judge nothing', () => {
    const { rows, verdict } = gate(base, fewer);
    expect(verdict).toBe('none');
    expect(rows[0]).toMatchObject({ metric: { id: 'find_max' }, judgement: { type: 'shown', tendency: 'worse' } });
  });

  it('say what to do about an interval that is too wide', () => {
    const wide = searchOf({ load: 9, lower: 5, upper: 12 });
    expect(conclusionOf(gate(base, wide, 'find_max<10%'))[0]).toBe(
      'Inconclusive: its 95 % interval, 0.50–1.20, contains the limit: search with a smaller --precision, or measure for longer (-d).',
    );
  });

  it('do not judge failures beyond the limit, which a search causes on purpose', () => {
    const failing = searchOf({ load: 10, lower: 9.6, upper: 10.4 }, { errors: { http_500: 60 } });
    expect(gate(base, failing, 'find_max<10%').verdict).toBe('pass');
  });
});

const unbounded = { load: null, lower: null, upper: null } as const;
const allHold = searchOf({ ...unbounded, status: 'all-hold', next_to_break: null }, {}, ['holds', 'holds', 'holds']);
const noneHold = searchOf({ ...unbounded, status: 'none-hold' }, {}, ['breaks', 'breaks', 'breaks']);

describe('a limit of which only a bound is known', () => {
  it.each([
    ['a candidate whose objectives hold at 16/s', base, allHold, 'pass'],
    ['a candidate whose objectives break at 4/s', base, noneHold, 'regression'],
    ['a baseline whose objectives hold at 16/s', allHold, base, 'regression'],
    ['a baseline whose objectives break at 4/s', noneHold, base, 'pass'],
    ['two of which neither found one', allHold, allHold, 'inconclusive'],
  ] as const)('is judged by it: %s', (_, baseline, candidate, verdict) => {
    const comparison = gate(baseline, candidate, 'find_max<10%');
    expect(comparison.verdict).toBe(verdict);
    expect(comparison.notes.join(' ')).toContain('did not find a limit');
  });

  it('is told in the conclusion', () => {
    expect(conclusionOf(gate(base, noneHold, 'find_max<10%'))[0]).toBe(
      'Regression: find_max at max-concurrency 2 is at most 0.42 times the baseline, and at least 0.9 is allowed.',
    );
  });
});

describe('searches that cannot be compared', () => {
  const contradictory = searchOf({ load: 10, lower: 9.6, upper: 10.4, contradictions: [4] });

  it('are inconclusive if there may be no single limit', () => {
    const comparison = gate(base, contradictory, 'find_max<10%');
    expect(comparison.verdict).toBe('inconclusive');
    expect(conclusionOf(comparison)[0]).toContain('the results of the candidate are not monotonic');
  });

  it('are inconclusive if the load generator may have broken the objective', () => {
    const late = { ...base, runs: base.runs.map((run) => ({ ...run, client: { ...run.client, cpu_share: 0.98 } })) };
    const comparison = gate(base, late, 'find_max<10%');
    expect(comparison.verdict).toBe('inconclusive');
    expect(conclusionOf(comparison)[0]).toContain('the load generator was saturated: it used 98 % of a core');
  });

  it('are refused if they are searches for different things', () => {
    const others: Partial<FindMax> = { load: 10, lower: 9, upper: 11 };
    const other = searchOf(others, {}, undefined, { promises: ['ttft.p95<300ms'] });
    expect(() => gate(base, other, 'find_max<10%')).toThrow(
      'they differ in plan.find_max (a search by rate for ttft.p95<500ms and a search by rate for ttft.p95<300ms)',
    );
    const byClients = searchOf({ ...others, by: 'concurrency' }, {}, undefined, { by: 'concurrency' });
    expect(() => gate(base, byClients, 'find_max<10%')).toThrow(/a search by rate .* and a search by concurrency/);
  });

  it('are refused beside a bench that was no search, on either side', () => {
    const plain = resultOf(1, { concurrency: null, rate: 4 }, { plan: { loop: 'open' } });
    expect(() => gate(base, plain, 'find_max<10%')).toThrow(/plan\.find_max \(a search by rate .* and no search\)/);
    expect(() => gate(plain, base)).toThrow(/plan\.find_max \(no search and a search by rate/);
    expect(() => gate(plain, plain, 'find_max<10%')).toThrow('--fail-on find_max is about the limits of two searches');
  });

  it('are refused if something else was set differently', () => {
    const other = searchOf({ load: 10, lower: 9.6, upper: 10.4 }, { maxConcurrency: 4 });
    expect(() => gate(base, other, 'find_max<10%')).toThrow(
      'The two searches were made at different settings: max-concurrency 2 and max-concurrency 4.',
    );
  });

  it('are compared whatever load and precision they began with', () => {
    const found = { load: 10, lower: 9.6, upper: 10.4 };
    const begun = searchOf(found, {}, undefined, { start: 4, precision: 0.1 });
    expect(gate(base, begun, 'find_max<10%').verdict).toBe('pass');
  });
});
