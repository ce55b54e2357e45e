import type { PlotOptions } from '@observablehq/plot';
import { bySetting, settingsKey } from '../../../measurement/by-setting.js';
import { samplesNeeded } from '../../../measurement/latency/histogram.js';
import { confidencePercent, medianText, roughMark } from '../../../measurement/latency/median.js';
import { significant, timeRangeText, timeText } from '../../../measurement/numbers.js';
import type { BenchResult, MedianInterval, Run } from '../../../measurement/result-schema.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { throughputOf } from '../../../measurement/settings/throughput.js';
import { isOverloadedRun } from '../../../measurement/validity/overload.js';
import { headlineOf } from '../../bench/columns.js';
import { type ChartLabels, chartLabels } from '../../bench/row-labels.js';
import { Markup, markup } from '../../text/markup.js';
import type { PlotLibrary } from '../plot/draw.js';
import { figureMarkup, type Layout, type Reading } from '../plot/figure.js';
import { spreadOf } from './trial-interval.js';

const labelWidth = { wide: 170, narrow: 60 } as const;

interface Measure {
  readonly name: string;
  readonly value: (run: Run) => number | null;
  /** Where a median of few requests lies; without this, the figure is not a median. */
  readonly interval?: (run: Run) => MedianInterval | undefined;
  readonly format: (value: number) => string;
  readonly colour: string;
}

interface Dot {
  readonly row: number;
  readonly trial: number;
  readonly value: number;
  /** Relative to the mean of the setting's trials, in percent. */
  readonly percent: number;
  /** Of a median of few requests. */
  readonly interval: MedianInterval | undefined;
}

/** How far the trials of each setting lie from their mean; empty with a single trial. */
export function trialsFigure(plot: PlotLibrary, result: BenchResult, summaries: readonly SettingSummary[]): Markup {
  if (summaries.every(({ trials }) => trials < 2)) return new Markup('');
  const labels = chartLabels(result, summaries);
  const trials = bySetting(result.runs);
  const rows = summaries.map(({ settings }) => trials.get(settingsKey(settings)) ?? []);
  const drawn = measuresOf(result, summaries)
    .map((measure) => ({ measure, dots: dotsOf(measure, rows) }))
    .filter(({ dots }) => dots.length > 0);
  if (drawn.length === 0) return new Markup('');
  const all = drawn.flatMap(({ dots }) => dots);
  const farthest = Math.max(1, ...all.map(({ percent }) => Math.abs(percent))) * 1.15;
  const isAnyRough = all.some(({ interval }) => interval !== undefined);
  return figureMarkup(plot, {
    title: 'Spread between trials',
    label: 'Each trial relative to the mean of its setting',
    caption: [
      markup`Each dot is a trial, relative to the mean of its setting. If trials differ more than settings do, the differences between settings mean little.`,
      isAnyRough
        ? markup` Hollow dots: ${roughMark}\u00a0median of fewer than ${samplesNeeded(50)} requests.`
        : markup``,
    ],
    panels: drawn.map(({ measure, dots }) => ({
      name: measure.name,
      options: (layout) => optionsOf(plot, { measure, dots, labels, farthest }, layout),
    })),
    readings: drawn.flatMap(({ measure, dots }, panel) =>
      dots.map((dot): Reading => ({
        x: dot.percent,
        at: { panel, scale: 'y', value: dot.row },
        heading: `${labels.texts[dot.row] ?? ''}, trial ${dot.trial}`,
        values: valuesOf(dot, measure),
      })),
    ),
  });
}

function measuresOf(result: BenchResult, summaries: readonly SettingSummary[]): readonly Measure[] {
  const headline = headlineOf(result);
  const counted = { countsTokens: summaries.every(({ countsTokens }) => countsTokens) };
  return [
    {
      name: counted.countsTokens ? 'Output tokens per second' : 'Requests per second',
      value: (run) => throughputOf(run, counted),
      format: significant,
      colour: 'var(--work)',
    },
    {
      name: `${headline.name} p50`,
      value: (run) => (isOverloadedRun(run) ? null : run.metrics[headline.metric].p50),
      interval: ({ metrics }) => metrics[headline.metric].p50_interval,
      format: timeText,
      colour: 'var(--wait)',
    },
    {
      name: 'TPOT p50',
      value: ({ metrics }) => metrics.tpot.p50,
      interval: ({ metrics }) => metrics.tpot.p50_interval,
      format: timeText,
      colour: 'var(--other)',
    },
  ];
}

/** @param rows the trials of each setting */
function dotsOf({ value, interval }: Measure, rows: readonly (readonly Run[])[]): readonly Dot[] {
  return rows.flatMap((trials, row) => {
    const known = trials.flatMap((run) => {
      const of = value(run);
      return of === null ? [] : [{ trial: run.trial, value: of, interval: interval?.(run) }];
    });
    const mean = spreadOf(known.map((each) => each.value))?.mean ?? 0;
    if (known.length < 2 || mean === 0) return [];
    return known.map((each) => ({ row, ...each, percent: (each.value / mean - 1) * 100 }));
  });
}

interface TrialsPanel {
  readonly measure: Measure;
  readonly dots: readonly Dot[];
  /** Of the settings. */
  readonly labels: ChartLabels;
  /** Either end of the axis, in percent. */
  readonly farthest: number;
}

function optionsOf(
  plot: PlotLibrary,
  { measure: { colour }, dots, labels, farthest }: TrialsPanel,
  { type: layout }: Layout,
): PlotOptions {
  const rows = labels.texts.map((_, row) => row);
  const names = layout === 'wide' ? labels.texts : labels.shortTexts;
  return {
    height: rows.length * 24 + 34,
    marginLeft: labelWidth[layout],
    marginTop: 6,
    marginBottom: 24,
    marginRight: 24,
    x: { domain: [-farthest, farthest], ticks: 5, tickSize: 3, label: null, tickFormat: percentText },
    y: { domain: rows, label: null, padding: 0.3 },
    marks: [
      plot.axisY({
        tickSize: 0,
        lineWidth: layout === 'wide' ? 14 : 6,
        tickFormat: (row: number) => names[row] ?? '',
      }),
      plot.ruleX([0], { stroke: 'var(--dim)' }),
      plot.ruleY(rows, { stroke: 'var(--rule)' }),
      plot.dot(
        dots.filter(({ interval }) => interval === undefined),
        { x: 'percent', y: 'row', r: 4, fill: colour, fillOpacity: 0.75, stroke: 'var(--paper)' },
      ),
      plot.dot(
        dots.filter(({ interval }) => interval !== undefined),
        { x: 'percent', y: 'row', r: 3.5, fill: 'var(--paper)', stroke: colour, strokeWidth: 1.5 },
      ),
    ],
  };
}

function valuesOf({ value, percent, interval }: Dot, { name, format }: Measure): Reading['values'] {
  return [
    [name, medianText({ p50: value, ...(interval && { p50_interval: interval }) }, format)],
    ...intervalReading(interval),
    ['from the mean', percentText(percent)],
  ];
}

/** Where the median lies, if that is not clear. */
function intervalReading(interval: MedianInterval | undefined): Reading['values'] {
  if (interval === undefined) return [];
  return [[`its ${confidencePercent([interval])} % interval`, timeRangeText(interval.lower, interval.upper)]];
}

function percentText(percent: number): string {
  if (percent === 0) return '0 %';
  return `${percent < 0 ? '−' : '+'}${String(Number(Math.abs(percent).toPrecision(2)))} %`;
}
