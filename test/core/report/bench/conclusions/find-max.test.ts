import { describe, expect, it } from 'vitest';
import { columnsOf } from '../../../../../src/core/report/bench/columns.js';
import { findMaxCurves, findMaxTable } from '../../../../../src/core/report/bench/conclusions/find-max.js';
import { toMarkdown } from '../../../../../src/core/report/bench/formats/markdown.js';
import { renderReport } from '../../../../../src/core/report/bench/formats/terminal.js';
import { toHtml } from '../../../../../src/core/report/html/page.js';
import { benchResult } from '../../../../support/bench-result.js';
import { searchOf } from '../searches.js';

describe('the report of a search', () => {
  it('comes with a table and a curve with the limit', () => {
    const { result } = searchOf();
    expect(findMaxTable(result)?.rows[1]).toEqual(['5.60', '100', '480 ms', '432 to 528 ms', '2 %', 'unclear']);
    expect(findMaxTable(result)?.rows.map((cells) => cells.at(-1))).toEqual(['holds', 'unclear', 'missed']);
    const [curve] = findMaxCurves(result);
    expect(curve?.[0]).toBe('ttft.p95<500ms by load; │ is the limit, 500 ms');
    expect(curve?.[1]).toMatch(/^ {2}4\.00 {2}█+ +│ +120 ms$/);
    expect(curve?.[3]).toMatch(/^ {2}8\.00 {2}█+┃█+ +2\.40 s$/);
  });

  it('says so where it is not known how high a percentile may be', async () => {
    const { result, summaries } = searchOf();
    const points = (result.find_max?.points ?? []).map(({ promises, ...point }) => ({
      ...point,
      promises: promises.map((each) => ({ ...each, value_upper_ms: null })),
    }));
    const open = searchOf({ points }).result;
    expect(findMaxTable(open)?.rows[1]).toEqual(['5.60', '100', '480 ms', '432 ms or more', '2 %', 'unclear']);
    const page = await toHtml(open, summaries);
    expect(page).toContain('432 ms or more');
    expect(page).toContain('without an upper end if that is unknown');
    expect(await toHtml(result, summaries)).not.toContain('without an upper end');
  });

  it('keeps the verdicts in a narrow terminal, and names the columns that it has no room for', () => {
    const points = searchOf().result.find_max?.points ?? [];
    const { result, summaries } = searchOf({
      points: points.map(({ promises, ...point }) => ({ ...point, promises: [...promises, ...promises] })),
    });
    const text = (width: number): string => renderReport(result, summaries, { colour: false, width });
    for (const width of [60, 80]) {
      expect(text(width)).toMatch(/^requests\/s .* verdict\n.* holds\n.* unclear\n.* missed$/m);
      expect(text(width)).toMatch(/^No room for interval/m);
    }
    expect(text(120)).not.toContain('No room for');
  });

  it('says in the charts of several objectives that the marks are about all of them, and the readings say missed', async () => {
    const points = searchOf().result.find_max?.points ?? [];
    const several = searchOf({
      points: points.map(({ promises, ...point }) => ({ ...point, promises: [...promises, ...promises] })),
    });
    const note = 'Marks: whether all objectives hold at the load.';
    const page = await toHtml(several.result, several.summaries);
    expect(page.split(note)).toHaveLength(3);
    expect(page).toContain('8.00 requests/s: missed');
    const one = searchOf();
    expect(await toHtml(one.result, one.summaries)).not.toContain(note);
  });

  it('shows the run over time at the highest load that was measured up to the answer', async () => {
    const { result } = searchOf({ load: 5.637 });
    const measured = benchResult({ settings: [4, 5.6, 8].map((rate) => ({ rate, concurrency: null })) });
    const series = {
      ...{ bin_seconds: 1, sent: [5, 5], completed: [5, 5], failed: [0, 0], output_tokens: [300, 300] },
      ...{ in_flight: [2, 2], ttft: [], tpot: [] },
    };
    const runs = measured.result.runs.map((run) => ({ ...run, series }));
    const page = await toHtml({ ...result, runs }, measured.summaries);
    const [unfolded = ''] = page.split('Over the run at the other settings');
    expect(unfolded.match(/<h2>Over the run: [^<]*/g)).toEqual(['<h2>Over the run: 5.60 requests/s']);
  });

  it('draws the limits of its objectives wherever it draws latencies', async () => {
    const { result } = searchOf();
    const measured = benchResult({ settings: [4, 5.6].map((rate) => ({ rate, concurrency: null })) });
    const find_max = { promises: ['ttft_from_schedule.p95<300ms'], by: 'rate', precision: 0.05, start: 1 } as const;
    const page = await toHtml(
      {
        ...result,
        runs: measured.result.runs,
        plan: { ...result.plan, find_max: { ...find_max, promises: [...find_max.promises] } },
      },
      measured.summaries,
    );
    const figures = page
      .split('<figcaption>')
      .filter((each) => /^<h2>(TTFT from schedule|Throughput and latency)/.test(each));
    expect(figures).toHaveLength(2);
    for (const figure of figures) expect(figure).toContain('ttft_from_schedule.p95&lt;300ms');
  });

  it('shows no percentile of a load at which the queue grew without end', async () => {
    const slope = { slope: 5, lower: 4, upper: 6 };
    const overload = { in_flight_per_second: slope, ttft_ms_per_second: slope };
    const { result } = searchOf();
    const measured = benchResult({
      settings: [
        { rate: 4, concurrency: null },
        { rate: 8, concurrency: null, prefillMs: 6170, beside: { overload } },
      ],
    });
    const search = { ...result, runs: measured.result.runs };
    const columns = columnsOf(search, measured.summaries);
    expect(columns.find(({ heading }) => heading === 'p95')?.cells[1]).toBe('↗');
    const text = toMarkdown(search, measured.summaries);
    expect(text).toContain('↗ kept growing during the measurement');
    // The answer of the search names the load.
    expect(text).not.toContain('The queue grew without end at rate');
    expect(await toHtml(search, measured.summaries)).toMatch(/<td [^>]*>↗<\/td>/);
  });

  it('is in every report', async () => {
    const { result, summaries } = searchOf();
    const sentence = 'holds up to 5.60 requests/s';
    expect(renderReport(result, summaries, { colour: false, width: 120 })).toContain(sentence);
    expect(toMarkdown(result, summaries)).toContain(sentence);
    const page = await toHtml(result, summaries);
    expect(page).toContain(sentence);
    expect(page).toContain('aria-label="ttft.p95&lt;500ms by load in requests/s.');
  });
});

describe('the HTML report of a search', () => {
  it('has the answer, the curve, the points, the command and the data first, and folds the rest', async () => {
    const { result, summaries } = searchOf();
    const html = await toHtml({ ...result, command: 'chatstream bench --rate 4' }, summaries);
    const places = [
      'holds up to 5.60 requests/s',
      'ttft.p95&lt;500ms by load</h2>',
      '<h2>Loads that were measured</h2>',
      '<h2>Command</h2>',
      '<h2>Data</h2>',
      '<details',
      '<summary>All figures of each load</summary>',
      '<summary>Plan, server and machine</summary>',
    ].map((text) => html.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(html).not.toMatch(/<details[^>]*\bopen\b/);
  });
});
