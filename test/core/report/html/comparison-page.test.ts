import { Type } from 'typebox';
import { expect, it } from 'vitest';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { compare } from '../../../../src/core/compare/verdicts/compare.js';
import { compareSeveral } from '../../../../src/core/compare/verdicts/compare-several.js';
import type { BenchResult } from '../../../../src/core/measurement/result-schema.js';
import { summarise } from '../../../../src/core/measurement/settings/summarise.js';
import { comparisonHtml, severalHtml } from '../../../../src/core/report/html/comparison-page.js';
import { toHtml } from '../../../../src/core/report/html/page.js';
import { parseAs } from '../../../support/parse-as.js';
import { alternately, pair, resultOf } from '../../compare/sides.js';

it('the page of a comparison begins with the verdict, then draws intervals against limits and both distributions', async () => {
  const thresholds = parseThresholds(['ttft.p95>10%']);
  const html = await comparisonHtml(compare(pair(resultOf(1), resultOf(1.3)), { thresholds, allowed: [] }));
  const titles = Array.from(html.matchAll(/<figcaption><h2>(.*?)<\/h2>/g), ([, title = '']) => title);
  expect(titles).toEqual(
    expect.arrayContaining(['Intervals against their limits', 'Other figures, not judged', 'TTFT']),
  );
  expect(html).toMatch(/<p class="verdict regression"><strong>Regression: ttft\.p95 at .*<figure/s);
  expect(html).not.toMatch(/NaN/);
});

it('shows why nothing could be decided as a list, and keeps flags in one piece', async () => {
  const thresholds = parseThresholds(['ttft.p95>10%', 'tpot.p50>10%']);
  const few = (factor: number): BenchResult => resultOf(factor, { completed: 50 }, { trials: 2 });
  const html = await comparisonHtml(compare(pair(few(1), few(1.3)), { thresholds, allowed: [] }));
  expect(html).toContain('<strong>Inconclusive: none of 2 checks could be decided.</strong>');
  const [, list = ''] = /<div class="verdict inconclusive">.*?<ul>(.*?)<\/ul>/s.exec(html) ?? [];
  expect(list.match(/<li>/g)).toHaveLength(2);
  expect(list).toContain('run bench with <span class="flag">--trials</span> 5.</li>');
});

it('begins every row of the table with its verdict', async () => {
  const thresholds = parseThresholds(['ttft.p95>10%']);
  const html = await comparisonHtml(compare(pair(resultOf(1), resultOf(1.3)), { thresholds, allowed: [] }));
  const table = /<table class="cards verdicts".*?<\/table>/s.exec(html)?.[0] ?? '';
  const firstCells = Array.from(
    table.matchAll(/<tr role="row" class="[\w-]+"><td role="cell" class="verdict">(.*?)</g),
    ([, verdict]) => verdict,
  );
  expect(firstCells).toHaveLength((table.match(/<tr /g)?.length ?? 0) - 1);
  expect(new Set(firstCells)).toContain('regression');
});

it('has no distributions of a setting at which a queue grew without end, and says why', async () => {
  const slope = { slope: 5, lower: 4, upper: 6 };
  const overload = { in_flight_per_second: slope, ttft_ms_per_second: slope };
  const candidate = resultOf(1.3, { beside: { overload } });
  const html = await comparisonHtml(compare(pair(resultOf(1), candidate), { thresholds: [], allowed: [] }));
  expect(html).toContain('the queue of the candidate grew without end');
  expect(html).not.toContain('<figcaption><h2>TTFT</h2>');
});

/** What a page offers to save, parsed. */
function dataOf(html: string): Readonly<Record<string, unknown>> {
  const [, text = ''] = /<script type="application\/json"[^>]*data[^>]*>(.*?)<\/script>/s.exec(html) ?? [];
  return parseAs(Type.Record(Type.String(), Type.Unknown()), JSON.parse(text));
}

function commandsOf(html: string): readonly string[] {
  return Array.from(
    html.matchAll(/<h2>([^<]*)<\/h2><pre id="[^"]*">([^<]*)/g),
    ([, title, text]) => `${title}: ${text}`,
  );
}

const timesOf = (html: string): readonly string[] =>
  Array.from(html.matchAll(/<h2>Over the run: ([^<]*)/g), ([, setting = '']) => setting);

function repeatable(result: BenchResult, command: string): BenchResult {
  const series = {
    ...{ bin_seconds: 1, sent: [5, 5], completed: [5, 5], failed: [0, 0], output_tokens: [300, 300] },
    ...{ in_flight: [2, 2], ttft: [], tpot: [] },
  };
  return { ...result, command, runs: result.runs.map((run) => ({ ...run, series })) };
}

const options = { thresholds: [], allowed: [] };
const before = repeatable(resultOf(1), 'chatstream bench --url a');
const after = repeatable(resultOf(1.3), 'chatstream bench --url b');

it('offers both results, the commands that repeat them, and both sides over time', async () => {
  const html = await comparisonHtml(compare(pair(before, after), options));
  const { 'baseline.json': baseline, 'candidate.json': candidate, ...others } = dataOf(html);
  expect(baseline).toEqual(JSON.parse(JSON.stringify(before)));
  expect(candidate).toEqual(JSON.parse(JSON.stringify(after)));
  expect(Object.keys(others)).toEqual(['comparison.json']);
  expect(commandsOf(html)).toEqual([
    'Command of the baseline: chatstream bench --url a',
    'Command of the candidate: chatstream bench --url b',
  ]);
  expect(timesOf(html).map((setting) => setting.split(',')[0])).toEqual(['baseline', 'candidate']);
});

it('offers one result and its command if both servers were measured together, with the comparison', async () => {
  const sides = alternately(before, after);
  const comparison = compare(sides, options);
  const html = await comparisonHtml(comparison);
  expect(Object.keys(dataOf(html))).toEqual(['comparison.json', 'result.json']);
  expect(commandsOf(html)).toEqual(['Command: chatstream bench --url b']);
  const page = await toHtml(after, summarise(after.runs), comparison);
  expect(Object.keys(dataOf(page))).toEqual(expect.arrayContaining(['result.json', 'comparison.json']));
  expect(timesOf(page).map((setting) => setting.split(',')[0])).toEqual(['baseline', 'candidate']);
  expect(page.indexOf('class="verdict')).toBeGreaterThan(0);
  expect(page.indexOf('class="verdict')).toBeLessThan(page.indexOf('<h2>The candidate by itself'));
});

it('offers the baseline of a run that was compared with a file', async () => {
  const page = await toHtml(after, summarise(after.runs), compare(pair(before, after), options));
  expect(Object.keys(dataOf(page))).toEqual(
    expect.arrayContaining(['result.json', 'comparison.json', 'baseline.json']),
  );
  expect(commandsOf(page)).toEqual([
    'Command: chatstream bench --url b',
    'Command of the baseline: chatstream bench --url a',
  ]);
});

it('offers the results of several candidates', async () => {
  const candidates = [
    { name: 'b.json', result: after },
    { name: 'c.json', result: before },
  ];
  const html = await severalHtml(compareSeveral({ name: 'a.json', result: before }, candidates, options));
  expect(Object.keys(dataOf(html))).toEqual([
    'comparison.json',
    'baseline.json',
    'candidate-1.json',
    'candidate-2.json',
  ]);
  expect(commandsOf(html).map((each) => each.split(':')[0])).toEqual([
    'Command of the baseline',
    'Command of b.json',
    'Command of c.json',
  ]);
});
