import { describe, expect, it } from 'vitest';
import { finishedLine } from '../../../../src/cli/bench/live-block.js';
import { judgeObjectives } from '../../../../src/core/measurement/settings/objectives.js';
import { analyseSweep } from '../../../../src/core/measurement/settings/sweep.js';
import { columnsOf } from '../../../../src/core/report/bench/columns.js';
import { benchJunit } from '../../../../src/core/report/bench/formats/junit.js';
import { toMarkdown } from '../../../../src/core/report/bench/formats/markdown.js';
import { renderReport } from '../../../../src/core/report/bench/formats/terminal.js';
import { truthWarnings } from '../../../../src/core/report/bench/notes/warnings.js';
import { toHtml } from '../../../../src/core/report/html/page.js';
import { benchResult, type DescribedResult } from '../../../support/bench-result.js';

const overload = {
  in_flight_per_second: { slope: 14.8, lower: 13.3, upper: 16.1 },
  ttft_ms_per_second: { slope: 560, lower: 540, upper: 580 },
};

const headline =
  'The queue grew without end at 25.0 requests/s: the server answered 25.0 requests/s, and with every second 14.8 more ' +
  'were waiting (95 % interval 13.3 to 16.1) and TTFT rose by 560 ms (540 to 580 ms).';

function measured(...rates: readonly number[]): DescribedResult {
  return benchResult({
    settings: rates.map((rate) => ({
      rate,
      prefillMs: rate === 25 ? 6170 : 71,
      ...(rate === 25 ? { beside: { overload } } : {}),
    })),
    plan: { slo: ['ttft.p95<60s', 'tpot.p50<1s'] },
  });
}

describe('a queue that grew without end', () => {
  it('is the headline of every report', async () => {
    const { result, summaries } = measured(8, 25);
    const lines = renderReport(result, summaries, { colour: false, width: 400 }).split('\n\n');
    expect(lines[1]).toBe(headline);
    expect(toMarkdown(result, summaries).split('\n\n')[1]).toBe(`**${headline}**`);
    expect(await toHtml(result, summaries)).toContain(`<strong>${headline}</strong>`);
    expect(benchJunit(result, summaries, null)).toContain(`<failure type="overload" message="${headline}"`);
    expect(truthWarnings(result)).toEqual([]);
  });

  it('has no percentile that depends on how long was measured, but those that do not', () => {
    const { result, summaries } = measured(8, 25);
    const cells = Object.fromEntries(
      columnsOf(result, summaries).map(({ group, heading, cells: [, cell] }) => [`${group} ${heading}`, cell]),
    );
    expect(cells).toMatchObject({
      'TTFT from schedule, ms p50': '↗',
      'TTFT from schedule, ms p95': '↗',
      'queue wait, ms p95': '↗',
      'queue wait, ms of TTFT': '↗',
    });
    expect(cells['TPOT, ms p50']).toMatch(/^\d/);
    for (const text of [
      renderReport(result, summaries, { colour: false, width: 120 }),
      toMarkdown(result, summaries),
    ]) {
      expect(text).toContain('↗ kept growing during the measurement');
      // Neither in the plots nor below them; the row of the other setting is still named by its rate.
      expect(text).not.toMatch(/6\.\d+ s/);
      expect(text).toMatch(/^ +8\.00 .*▁/m);
    }
  });

  it('misses every objective about waiting, however late the limit, and no other', () => {
    const { result, summaries } = measured(25);
    expect(judgeObjectives(result, summaries)).toMatchObject([
      { objective: 'ttft.p95<60s', status: 'missed', cause: 'overload', finding: 'the queue grew without end' },
      { objective: 'tpot.p50<1s', status: 'met' },
    ]);
  });

  it('is never recommended', () => {
    const described = [1, 2].map((maxConcurrency) => ({ rate: 25, maxConcurrency, beside: { overload } }));
    expect(analyseSweep(benchResult({ settings: described }).summaries, false).recommendation).toBeNull();
  });

  it('is a warning where it grew in fewer than half of the trials', () => {
    const { result } = measured(8);
    const { result: overloaded } = measured(25);
    const again = overloaded.runs.map((run) => ({ ...run, settings: { ...run.settings, rate: 8 } }));
    const runs = [...result.runs, ...result.runs, ...again];
    expect(truthWarnings({ ...result, runs, plan: { ...result.plan, trials: 3 } })[0]).toMatch(
      /^The queue grew without end at 8/,
    );
  });

  it('is in question where the load filled up for most of the run', () => {
    const { result } = benchResult({ settings: [{ rate: 25, beside: { filling_seconds: 18.83 } }] });
    expect(truthWarnings(result)).toEqual([
      'Whether the server can follow the load at 25.0 requests/s cannot be told: requests in flight rose, but with answers and ' +
        'conversations this long they do so for about 18.8 s anyway. Measure for about 1 min (-d).',
    ]);
  });

  it('is in question where it grew, but by no more than chance can make it grow', () => {
    const { result } = benchResult({ settings: [{ rate: 3, beside: { undecided_seconds: 22.5 } }] });
    expect(truthWarnings(result)).toEqual([
      'Whether the server can follow the load at 3.00 requests/s cannot be told: requests in flight and TTFT rose, but so few ' +
        'requests can do that by chance. Measure for about 30 s (-d).',
    ]);
  });

  it('is in the line of a run that has ended', () => {
    const [run] = measured(25).result.runs;
    if (run === undefined) throw new Error('no run');
    expect(finishedLine(run, { run: 1, runs: 1, server: null })).toMatch(/tokens\/s, the queue grew without end$/);
  });
});
