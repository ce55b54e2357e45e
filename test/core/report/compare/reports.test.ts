import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../../../src/core/compare/comparison.js';
import { separateSides } from '../../../../src/core/compare/side.js';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { compare } from '../../../../src/core/compare/verdicts/compare.js';
import type { BenchResult } from '../../../../src/core/measurement/result-schema.js';
import { summarise } from '../../../../src/core/measurement/settings/summarise.js';
import { benchJunit } from '../../../../src/core/report/bench/formats/junit.js';
import { githubAnnotations } from '../../../../src/core/report/compare/github.js';
import { comparisonJson } from '../../../../src/core/report/compare/json.js';
import { comparisonSuites } from '../../../../src/core/report/compare/junit.js';
import { comparisonMarkdown } from '../../../../src/core/report/compare/markdown.js';
import { renderComparison } from '../../../../src/core/report/compare/terminal.js';
import { junitXml } from '../../../../src/core/report/text/junit-xml.js';
import { pair, resultOf } from '../../compare/sides.js';
import { type Element, parseXml } from './xml.js';

const base = resultOf(1);
const nasty = 'm<o>|d&e"l\n::error::\u001b[31m @team';
const slower = resultOf(1.3, {}, {}, 3);
base.target.model = slower.target.model = nasty;
const failOn = ['ttft.p95>10%', 'tpot.p50>90%', 'ttft.p99.9>10%'];

function comparisonOf(thresholds: readonly string[]): Comparison {
  return compare(pair(base, slower), { thresholds: parseThresholds(thresholds), allowed: [] });
}

const regression = comparisonOf(failOn);
const undecided = comparisonOf(['ttft.p99.9>10%']);
const ungated = comparisonOf([]);

function casesOf(xml: string): Element[] {
  return parseXml(xml).children.flatMap(({ children }) => children);
}

describe('the terminal', () => {
  it.each([60, 80, 100])('is no wider than %d columns, with any number of dimensions', (width) => {
    const settings = [4, 16].flatMap((concurrency) =>
      [1, 16].map((maxConcurrency) => ({ concurrency, maxConcurrency, completed: 30 })),
    );
    const grid = resultOf(1, {}, { settings });
    const wide = compare(pair(grid, grid), {
      thresholds: parseThresholds(['output_tokens_per_second<5%', 'ttft_from_schedule.p50>10%']),
      allowed: [],
    });
    const lines = [regression, ungated, wide].flatMap((each) =>
      renderComparison(each, { colour: false, width }).split('\n'),
    );
    // A table of two dimensions cannot be narrower than its figures.
    const longest = Math.max(...lines.map((line) => Array.from(line).length));
    expect(longest).toBeLessThanOrEqual(Math.max(width, 95));
  });

  it('is no wider than it may be with full-width characters and emoji', () => {
    const named = { ...base, target: { ...base.target, model: '日本語モデル🚀'.repeat(10) } };
    const comparison = compare(pair(named, named), { thresholds: [], allowed: [] });
    const lines = renderComparison(comparison, { colour: true, width: 80 }).split('\n');
    expect(lines.filter((line) => stringWidth(line) > 80)).toEqual([]);
    expect(stripVTControlCharacters(lines[1] ?? '')).toMatch(/^ {11}\S*[日本語モデル🚀]/u);
  });

  it('shows what was judged, worst first, and the verdict last', () => {
    const text = renderComparison(regression, { colour: false, width: 100 });
    expect(text).toMatch(/✗ ttft\.p95 .* ≤ 1\.1 +regression\n\? ttft\.p99\.9 .* inconclusive\n✓ tpot\.p50 .* pass\n/);
    expect(text.split('\n\n').at(-1)).toMatch(/^Regression: ttft\.p95 at/);
    // eslint-disable-next-line no-control-regex -- colours would be such
    expect(text).not.toMatch(/\u001b/);
  });

  it('has colours where they are wanted', () => {
    expect(renderComparison(regression, { colour: true, width: 100 })).toContain('\u001b[31m✗');
  });
});

describe('Markdown', () => {
  it('says the verdict, shows what was judged, and folds the rest', () => {
    const text = comparisonMarkdown(regression);
    expect(text).toContain('\n❌ **Regression**: ttft.p95 at 8 clients');
    expect(text).toMatch(/^\| 2 \| `ttft\.p95` .*❌ regression \|$/m);
    const folded = text.slice(text.indexOf('<details>'));
    expect(folded).toContain('`e2e.p95`');
    expect(text.match(/<details>/g)).toHaveLength(text.match(/<\/details>/g)?.length ?? 0);
  });

  it('takes nothing from a server for markup or for a mention', () => {
    const text = comparisonMarkdown(regression);
    expect(text).toContain('m&lt;o\\>\\|d&amp;e"l ::error::');
    expect(text).not.toMatch(/@team|\n::error/);
  });

  it('has rows as wide as their heading', () => {
    const tables = [regression, ungated]
      .flatMap((each) => comparisonMarkdown(each).split('\n\n'))
      .filter((part) => part.startsWith('|'));
    for (const table of tables) {
      const widths = table.split('\n').map((line) => line.split('|').length);
      expect(new Set(widths).size).toBe(1);
    }
    expect(tables).toHaveLength(3);
  });
});

describe('JUnit', () => {
  it('has a case for each figure: failed, skipped or passed', () => {
    const xml = junitXml('chatstream compare', comparisonSuites(regression));
    expect(parseXml(xml).attributes).toMatchObject({ tests: '3', failures: '1', errors: '0', skipped: '1' });
    const cases = casesOf(xml).map(({ attributes, children }) => [attributes['name'], children[0]?.name]);
    expect(cases).toEqual([
      ['ttft.p95 ≤ 1.1 × baseline', 'failure'],
      ['ttft.p99.9 ≤ 1.1 × baseline', 'skipped'],
      ['tpot.p50 ≤ 1.9 × baseline', 'system-out'],
    ]);
  });

  it('passes everything without thresholds', () => {
    const xml = junitXml('chatstream compare', comparisonSuites(ungated));
    expect(parseXml(xml).attributes).toMatchObject({ failures: '0', skipped: '0' });
    expect(casesOf(xml).length).toBeGreaterThan(5);
  });

  it('escapes everything, and leaves out what XML cannot say', () => {
    const text = `<&>"'\u0000\u001b\uD800 ok\n\u{1F600}`;
    const xml = junitXml(text, [
      { name: text, cases: [{ suite: text, name: text, output: text, status: 'failed', type: text, message: text }] },
    ]);
    const [only] = casesOf(xml);
    expect(only?.attributes['name']).toBe(`<&>"' ok\n\u{1F600}`);
    expect(only?.children.map(({ text: content }) => content)).toEqual([`<&>"' ok\n\u{1F600}`, `<&>"' ok\n\u{1F600}`]);
  });

  it('of a bench says whether settings were served and objectives kept', () => {
    const result = resultOf(1, {}, { plan: { slo: ['ttft.p95<1ms', 'e2e.p95<1m', 'ttft.p99.9<1s'] } });
    const cases = casesOf(benchJunit(result, summarise(result.runs), null));
    expect(
      cases.map(({ attributes, children }) => [attributes['classname'], attributes['name'], children[0]?.name]),
    ).toEqual([
      ['chatstream.requests', '8 clients and max-concurrency 2', 'system-out'],
      ['chatstream.objectives.8 clients and max-concurrency 2', 'ttft.p95<1ms', 'failure'],
      ['chatstream.objectives.8 clients and max-concurrency 2', 'e2e.p95<1m', 'system-out'],
      ['chatstream.objectives.8 clients and max-concurrency 2', 'ttft.p99.9<1s', 'skipped'],
    ]);
    const dead = resultOf(1, { completed: 0, errors: { queue_full: 3 } });
    const withComparison = parseXml(benchJunit(dead, summarise(dead.runs), regression));
    expect(withComparison.children.map(({ attributes }) => [attributes['name'], attributes['failures']])).toEqual([
      ['requests', '1'],
      ['compare: 8 clients and max-concurrency 2', '1'],
    ]);
  });
});

describe('JUnit, for a bench', () => {
  const suitesOf = (result: BenchResult): unknown[] =>
    parseXml(benchJunit(result, summarise(result.runs), null)).children.map(({ attributes }) => [
      attributes['name'],
      attributes['failures'],
      attributes['skipped'],
    ]);

  it('fails a server that was lost, and passes nothing that ended early', () => {
    const ended = (cause: 'stopped' | 'target-lost'): BenchResult => ({
      ...resultOf(1),
      interrupted: true,
      ended_early: { cause, server: null, message: 'It ended.' },
    });
    expect(suitesOf(ended('target-lost'))[0]).toEqual(['measurement', '1', '0']);
    expect(suitesOf(ended('stopped'))[0]).toEqual(['measurement', '0', '1']);
  });

  it('fails a setting of which more than a tenth had no answer', () => {
    expect(suitesOf(resultOf(1, { completed: 85, errors: { http_500: 15 } }))).toEqual([['requests', '1', '0']]);
    expect(suitesOf(resultOf(1, { completed: 95, errors: { http_500: 5 } }))).toEqual([['requests', '0', '0']]);
  });
});

describe('GitHub', () => {
  it('names the candidates if there are several, and gets no more annotations than it shows', () => {
    const six = (factor: number): BenchResult => {
      const times = { completed: 60, spread: 0.1, prefillMs: 40 * factor, tpotMs: 10 * factor };
      return resultOf(1, {}, { settings: [1, 2, 3, 4, 5, 6].map((concurrency) => ({ concurrency, ...times })) });
    };
    const [one, worse] = [six(1), six(1.5)];
    const candidateOf = (name: string, result: BenchResult): Comparison =>
      compare(separateSides({ name: 'base.json', result: one }, { name, result }), {
        thresholds: parseThresholds(['e2e.p50>10%']),
        allowed: [],
      });
    const lines = githubAnnotations(
      candidateOf('a.json', worse),
      candidateOf('b.json', worse),
      candidateOf('c.json', one),
    );
    const errors = lines.filter((line) => line.startsWith('::error'));
    expect(errors).toHaveLength(10);
    expect(errors[0]).toContain('title=a.json%3A Performance regression%3A e2e.p50 at');
    expect(errors[9]).toContain('title=b.json%3A ');
    expect(lines.slice(10)).toEqual([expect.stringContaining('::notice title=c.json%3A Performance::')]);
  });

  it('gets one error for each regression, in one line each', () => {
    const [first, ...more] = githubAnnotations(regression);
    expect(more).toEqual([]);
    expect(first).toMatch(
      /^::error title=Performance regression%3A ttft\.p95 at 8 clients and max-concurrency 2::ttft\.p95 at .* \(95 %25 interval/,
    );
    expect(first).not.toContain('\n');
  });

  it('gets a warning if the gate is inconclusive, and a notice if it passes', () => {
    expect(githubAnnotations(undecided)).toEqual([
      expect.stringMatching(/^::warning title=Performance%3A inconclusive::Inconclusive: neither side has enough/),
    ]);
    expect(githubAnnotations(comparisonOf(['ttft.p95>90%']))).toEqual([
      '::notice title=Performance::Pass: the check is within its limit.',
    ]);
  });

  it('gets no more errors than it shows', () => {
    const thresholds = ['ttft', 'tpot', 'e2e', 'prefill'].flatMap((metric) =>
      ['p50', 'p90', 'p95'].map((p) => `${metric}.${p}>5%`),
    );
    expect(githubAnnotations(comparisonOf(thresholds))).toHaveLength(10);
  });
});

describe('JSON', () => {
  it('has every row, with its verdict or its tendency', () => {
    const json = JSON.parse(JSON.stringify(comparisonJson(regression))) as {
      verdict: string;
      rows: Record<string, unknown>[];
    };
    expect(json.verdict).toBe('regression');
    expect(json.rows.find(({ metric }) => metric === 'ttft.p95')).toMatchObject({
      unit: 'ms',
      verdict: 'regression',
      tendency: null,
      threshold: 'ttft.p95>10%',
      trials: { baseline: 5, candidate: 5 },
    });
    expect(json.rows.find(({ metric }) => metric === 'ttft.p99.9')).toMatchObject({
      verdict: 'inconclusive',
      reason: 'not-measured',
      ratio: null,
    });
    expect(json.rows.find(({ metric }) => metric === 'e2e.p95')).toMatchObject({ verdict: null, tendency: 'worse' });
  });
});
