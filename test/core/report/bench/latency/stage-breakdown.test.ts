import { describe, expect, it } from 'vitest';
import type { Run } from '../../../../../src/core/measurement/result-schema.js';
import { toStagesCsv } from '../../../../../src/core/report/bench/formats/stages-csv.js';
import {
  stageBreakdown,
  stageOverloadSentences,
} from '../../../../../src/core/report/bench/latency/stage-breakdown.js';
import { notesBelow } from '../../../../../src/core/report/bench/notes/notes.js';
import { overTimeFigure } from '../../../../../src/core/report/html/charts/over-time.js';
import { loadPlot } from '../../../../../src/core/report/html/plot/draw.js';
import { benchResult } from '../../../../support/bench-result.js';
import { stage } from '../stages.js';

const growth = { slope: 5, lower: 4, upper: 6 };
const overload = { in_flight_per_second: growth, ttft_ms_per_second: growth };

describe('the stages in a report', () => {
  const stages = [stage(2, 0), stage(8, 10, { unanswered: 5, overload }), stage(2, 20, { to_rate: 10 })];
  const { result } = benchResult({ settings: [{ rate: 4, beside: { stages } }], trials: 3 });

  it('have a row each, with all trials together, and no percentiles where the queue grew', () => {
    expect(stageBreakdown(result)).toEqual({
      title: 'By stage',
      heading: ['stage', 'requests/s', 'for', 'sent', 'completed', 'failed', 'tokens/s', 'TTFT p50', 'E2E p50'],
      names: 1,
      rows: [
        ['1', '2.00', '10 s', '75', '75', '–', '25.0', '20.0 ms', '110 ms'],
        ['2', '8.00', '10 s', '90', '75', '15', '25.0', '↗', '↗'],
        ['3', '2.00–10.0', '10 s', '75', '75', '–', '25.0', '20.0 ms', '110 ms'],
      ],
      sentences: ['↗ grew as long as the stage took.'],
    });
  });

  it('are told apart by what differs between settings', () => {
    const settings = [2, 4].map((max) => ({ rate: 4, maxConcurrency: max, beside: { stages } }));
    const sweep = benchResult({ settings }).result;
    const table = stageBreakdown(sweep);
    expect(table?.heading.slice(0, 2)).toEqual(['max-concurrency', 'stage']);
    expect(table?.rows.map((row) => row.slice(0, 2))).toEqual([
      ['2', '1'],
      ['2', '2'],
      ['2', '3'],
      ['4', '1'],
      ['4', '2'],
      ['4', '3'],
    ]);
    expect(stageOverloadSentences(sweep)[1]).toContain('in stage 2, at 8.00 requests/s (max-concurrency 4): ');
  });

  it('are a table of their own as CSV, by stage and trial', () => {
    const [names = '', ...rows] = toStagesCsv(result).trim().split('\n');
    expect(rows).toHaveLength(9);
    const cells = (rows[1] ?? '').split(',').map((cell, index) => [names.split(',')[index], cell]);
    expect(Object.fromEntries(cells)).toMatchObject({
      ...{ role: 'target', rate_per_s: '4', trial: '1', stage: '2', from_s: '10', to_s: '20' },
      ...{ from_rate_per_s: '8', to_rate_per_s: '8', completed: '25', unanswered: '5' },
      ...{ ttft_p95_ms: '', overload_in_flight_per_s: '5' },
    });
  });

  it('end at lines in the pictures of the run', async () => {
    const series = {
      ...{ bin_seconds: 10, sent: [20, 80, 60, 0], completed: [20, 60, 60, 20], failed: [0, 0, 0, 0] },
      ...{
        output_tokens: [200, 600, 600, 200],
        in_flight: [1, 4, 4, 1],
        ttft: [[], [], [], []],
        tpot: [[], [], [], []],
      },
    };
    const runs = result.runs.map((run) => ({ ...run, window: { ...run.window, span_seconds: 40 }, series }));
    const plot = await loadPlot();
    const draw = (of: readonly Run[]): string => overTimeFigure(plot, result, '4 requests/s', of).text;
    const withStages = draw(runs);
    expect(withStages).toContain('where a stage ends');
    const withoutStages = draw(runs.map((run) => ({ ...run, stages: [] })));
    expect(withoutStages).not.toContain('where a stage ends');
    const dotted = (picture: string): number => picture.split('stroke-dasharray="1 3"').length - 1;
    expect(dotted(withStages)).toBeGreaterThan(dotted(withoutStages));
  });

  it('are named in the headline where the queue grew', () => {
    expect(stageOverloadSentences(result)).toEqual([
      'The queue grew without end in stage 2, at 8.00 requests/s: with every second 5.00 more were waiting (95 % interval 4.00 to 6.00) and TTFT rose by 5.00 ms (4.00 to 6.00 ms).',
    ]);
  });

  it('are none of a rate that stays the same', () => {
    expect(stageBreakdown(benchResult({ settings: [{ rate: 4 }] }).result)).toBeNull();
  });
});

it('the notes below a report say who answered behind the server', () => {
  const executors = [
    { name: 'gpu1:8080', completed: 60, share: 0.6 },
    { name: 'gpu2', completed: 40, share: 0.4 },
  ];
  const { result, summaries } = benchResult({ settings: [{ concurrency: 8, beside: { executors } }], trials: 2 });
  expect(notesBelow(result, summaries, null)).toContain(
    'Answered by gpu1:8080 (60 %, 120 requests) and gpu2 (40 %, 80 requests).',
  );
});
