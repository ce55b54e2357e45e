import { describe, expect, it } from 'vitest';
import { allMetrics } from '../../../../src/core/compare/compared-metric.js';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { checkHistory, type HistoryCheck } from '../../../../src/core/history/check.js';
import { headlineMetrics, type Trends, trendsOf } from '../../../../src/core/history/trend.js';
import { checkJson, checkJunit, checkMarkdown } from '../../../../src/core/report/history/check-files.js';
import { renderCheck } from '../../../../src/core/report/history/check-text.js';
import { trendCsv, trendJson, trendMarkdown } from '../../../../src/core/report/history/trend-files.js';
import { missingFigures, renderTrends } from '../../../../src/core/report/history/trend-text.js';
import { entriesOf, entryAt, steady } from '../../history/entries.js';
import { parseXml } from '../compare/xml.js';

const plain = { colour: false, width: 100 } as const;

/** Every space alike, so that expectations can be typed. */
function spaced(text: string): string {
  return text.replaceAll('\u00a0', ' ').replace(/\s+/g, ' ');
}

const risen = entriesOf([...steady(17), ...steady(4, 1.2)]);

function checked(failOn: readonly string[], entries = risen): HistoryCheck {
  return checkHistory(entries, parseThresholds(failOn));
}

const shown: Trends = trendsOf(risen, headlineMetrics('closed'), 20);

describe('the check of a history', () => {
  it('says by how much a figure changed, how sure that is, and at which commit', () => {
    const text = spaced(renderCheck(checked(['ttft.p95>10%']), [], plain));
    expect(text).toMatch(
      /Regression: ttft\.p95 at 8 clients and max-concurrency 2 rose by \d\d\.\d % \(95 % interval \+\d\d\.\d to \+\d\d\.\d %\) at commit 11c0ffe, 3 runs ago; at most 1\.1 times is allowed\.$/,
    );
    expect(text).toContain('20 comparable results before it');
  });

  it('says if the newest result alone is the reason', () => {
    const text = spaced(renderCheck(checked(['ttft.p95>10%'], entriesOf([...steady(20), 1.5])), [], plain));
    expect(text).toMatch(/ttft\.p95 at 8 clients and max-concurrency 2 is \d\d\.\d % above its level before/);
  });

  it('says what to do if it cannot decide', () => {
    const text = spaced(renderCheck(checked(['ttft.p95>10%'], entriesOf(steady(3))), ['A note.'], plain));
    expect(text).toContain('there are 2 comparable results before the newest, and 5 are needed.');
    expect(text).toContain('! A note.');
    const second = spaced(renderCheck(checked(['ttft.p95>10%'], entriesOf(steady(2))), [], plain));
    expect(second).toContain('there is 1 comparable result before the newest, and 5 are needed.');
  });

  it('names each of several verdicts, and fits into a terminal', () => {
    const check = checked(['ttft.p95>10%', 'output_tokens_per_second<5%', 'e2e.p95>18.5%', 'success_rate<1%']);
    const text = renderCheck(check, ['long '.repeat(60)], plain);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    expect(text).toMatch(
      /✗ ttft\.p95 .*regression\n✗ output_tokens_per_second .*regression\n\? e2e\.p95 .*inconclusive/,
    );
    expect(text).toMatch(/✓ success_rate .*pass/);
  });

  it('separates a figure that is not measured from the reason, in JSON and JUnit', () => {
    const [newest = entryAt(20)] = entriesOf(steady(1));
    const without = { ...newest, rows: newest.rows.map((row) => ({ ...row, figures: {} })) };
    const check = checked(['ttft.p95>10%'], [...entriesOf(steady(6)), without]);
    const reason = 'ttft.p95 at 8 clients and max-concurrency 2: the newest result does not have enough samples';
    expect(checkJson(check)).toMatchObject({ rows: [{ explanation: expect.stringContaining(reason) as string }] });
    expect(checkJunit(check)).toContain(reason);
  });

  it('has a single figure for an interval without width', () => {
    const text = renderCheck(checkHistory(entriesOf(steady(21)), []), [], plain);
    expect(text).toMatch(/success_rate +100 % +100 % +0\u00a0% +0\u00a0% +no clear change/);
  });

  it('is a comment in Markdown', () => {
    const markdown = checkMarkdown(checked(['ttft.p95>10%']));
    expect(markdown).toContain('❌ Regression: ttft.p95');
    const widths = markdown.split('\n').flatMap((line) => (line.startsWith('|') ? [line.split('|').length] : []));
    expect(new Set(widths).size).toBe(1);
  });

  it('is JUnit, with a failure for a regression and a skipped case for one that is not decided', () => {
    const xml = parseXml(checkJunit(checked(['ttft.p95>10%', 'e2e.p95>18.5%', 'success_rate<1%'])));
    const root = xml.name === 'testsuites' ? xml : xml.children[0];
    expect(root?.attributes).toMatchObject({ failures: '1', skipped: '1' });
  });

  it('is JSON with the commit of the change', () => {
    expect(JSON.parse(JSON.stringify(checkJson(checked(['ttft.p95>10%']))))).toMatchObject({
      schema: 'chatstream.history-check/v1',
      verdict: 'regression',
      comparable_results_before: 20,
      rows: [
        {
          metric: 'ttft.p95',
          unit: 'ms',
          verdict: 'regression',
          changed_at: { commit: risen[17]?.commit, runs_ago: 3 },
          limit: 1.1,
        },
        ...Array.from({ length: 8 }, () => ({ verdict: null })),
      ],
    });
  });
});

describe('the trends of a history', () => {
  it('are tables of values and changes, with the changes of levels below', () => {
    const text = renderTrends(shown, [], plain);
    expect(text).toMatch(/2026-01-18 00:00 {2}11c0ffe +◆ 4\d\d ms \+\d\d\.\d\u00a0%/);
    expect(spaced(text)).toContain(
      '◆ At commit 11c0ffe, 3 runs ago, 8 clients and max-concurrency 2: ttft.p95 rose by',
    );
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('stay within a narrow terminal by using more tables', () => {
    const lines = renderTrends(trendsOf(risen, allMetrics, 3), [], { colour: false, width: 60 }).split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
  });

  it('say which figures no result has, and nothing of changes if there is none at all', () => {
    const sparse = entriesOf(steady(3)).map((entry) => ({
      ...entry,
      rows: entry.rows.map((row) => ({ ...row, figures: { ...row.figures, 'ttft.p95': null, goodput: null } })),
    }));
    const metrics = allMetrics.filter(({ id }) => ['ttft.p95', 'goodput', 'tpot.p50'].includes(id));
    expect(missingFigures(trendsOf(sparse, metrics, 20), metrics)).toEqual([
      'No result has ttft.p95 and goodput. A p95 needs 200 requests: measure for longer (-d).',
    ]);
    const ramps = sparse.map((entry) => ({
      ...entry,
      plan: { ...entry.plan, stages: [{ from_rate: 1, to_rate: 8, duration_ms: 10_000 }] },
    }));
    expect(missingFigures(trendsOf(ramps, metrics, 20), metrics)).toEqual([
      expect.stringMatching(/: make the stages longer \(--stages or --ramp\)\.$/),
    ]);
    expect(missingFigures(trendsOf(sparse, metrics, 20), [])).toEqual([]);
    const nothing = trendsOf(sparse, metrics.slice(0, 1), 20);
    expect(renderTrends(nothing, [], plain)).not.toContain('No change');
    expect(trendMarkdown(nothing)).not.toContain('No change');
  });

  it('say so if nothing has changed', () => {
    const text = renderTrends(trendsOf(entriesOf(steady(5)), headlineMetrics('closed'), 20), [], plain);
    expect(text).toContain('No change of a level was found.');
  });

  it('are Markdown that text from elsewhere cannot break', () => {
    const hostile = { ...entryAt(0), commit: null, target: { ...entryAt(0).target, model: '[x](y)|<b>' } };
    const markdown = trendMarkdown(trendsOf([hostile], headlineMetrics('closed'), 20));
    expect(markdown).toContain('\\[x\\](y)\\|&lt;b\\>');
    expect(trendMarkdown(shown)).toContain('| measured, UTC | commit | `ttft.p95` |');
  });

  it('are a line of CSV for each figure of each result', () => {
    const [header = '', ...lines] = trendCsv(shown).trimEnd().split('\n');
    expect(lines).toHaveLength(4 * 20);
    for (const line of lines) expect(line.split(',')).toHaveLength(header.split(',').length);
  });

  it('are JSON', () => {
    const { trends } = JSON.parse(JSON.stringify(trendJson(shown))) as { trends: readonly object[] };
    expect(trends[0]).toMatchObject({ metric: 'ttft.p95', unit: 'ms' });
  });
});
