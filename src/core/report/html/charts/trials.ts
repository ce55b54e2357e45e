import { samplesNeeded } from '../../../measurement/histogram.js';
import { confidencePercent, medianText, roughMark } from '../../../measurement/median.js';
import { significant, timeRangeText, timeText } from '../../../measurement/numbers.js';
import { isOverloadedRun } from '../../../measurement/overload.js';
import type { BenchResult, MedianInterval, Run } from '../../../measurement/result-schema.js';
import { bySetting, settingsKey, type SettingSummary } from '../../../measurement/summarise.js';
import { throughputOf } from '../../../measurement/throughput.js';
import { headlineOf } from '../../bench/columns.js';
import { chartLabels } from '../../bench/row-labels.js';
import { Markup, markup } from '../../text/markup.js';
import type { PlotLibrary } from '../plot/draw.js';
import { figureMarkup, type Panel, type Reading } from '../plot/figure.js';
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
  const headline = headlineOf(result);
  const { texts: labels, shortTexts } = chartLabels(result, summaries);
  const trials = bySetting(result.runs);
  const counted = { countsTokens: summaries.every(({ countsTokens }) => countsTokens) };
  const measures: readonly Measure[] = [
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
  const dotsOf = ({ value, interval }: Measure): readonly Dot[] =>
    summaries.flatMap(({ settings }, row) => {
      const known = (trials.get(settingsKey(settings)) ?? []).flatMap((run) => {
        const of = value(run);
        return of === null ? [] : [{ trial: run.trial, value: of, interval: interval?.(run) }];
      });
      const mean = spreadOf(known.map((each) => each.value))?.mean ?? 0;
      if (known.length < 2 || mean === 0) return [];
      return known.map((each) => ({ row, ...each, percent: (each.value / mean - 1) * 100 }));
    });
  const all = measures.map((measure) => ({ measure, dots: dotsOf(measure) })).filter(({ dots }) => dots.length > 0);
  const farthest = Math.max(1, ...all.flatMap(({ dots }) => dots.map(({ percent }) => Math.abs(percent)))) * 1.15;
  const panels = all.map(({ measure, dots }): Panel => ({
    name: measure.name,
    options: (layout) => ({
      height: summaries.length * 24 + 34,
      marginLeft: labelWidth[layout.type],
      marginTop: 6,
      marginBottom: 24,
      marginRight: 24,
      x: { domain: [-farthest, farthest], ticks: 5, tickSize: 3, label: null, tickFormat: percentText },
      y: { domain: summaries.map((_, row) => row), label: null, padding: 0.3 },
      marks: [
        plot.axisY({
          tickSize: 0,
          lineWidth: layout.type === 'wide' ? 14 : 6,
          tickFormat: (row: number) => (layout.type === 'wide' ? labels : shortTexts)[row] ?? '',
        }),
        plot.ruleX([0], { stroke: 'var(--dim)' }),
        plot.ruleY(
          summaries.map((_, row) => row),
          { stroke: 'var(--rule)' },
        ),
        plot.dot(
          dots.filter(({ interval }) => interval === undefined),
          { x: 'percent', y: 'row', r: 4, fill: measure.colour, fillOpacity: 0.75, stroke: 'var(--paper)' },
        ),
        plot.dot(
          dots.filter(({ interval }) => interval !== undefined),
          { x: 'percent', y: 'row', r: 3.5, fill: 'var(--paper)', stroke: measure.colour, strokeWidth: 1.5 },
        ),
      ],
    }),
  }));
  if (panels.length === 0) return new Markup('');
  const isAnyRough = all.some(({ dots }) => dots.some(({ interval }) => interval !== undefined));
  return figureMarkup(plot, {
    title: 'Spread between trials',
    label: 'Each trial relative to the mean of its setting',
    caption: [
      markup`Each dot is a trial, relative to the mean of its setting: what is further apart than the settings are says little.`,
      isAnyRough
        ? markup` Hollow dots: ${roughMark}\u00a0median of fewer than ${samplesNeeded(50)} requests.`
        : markup``,
    ],
    panels,
    readings: all.flatMap(({ measure, dots }, panel) =>
      dots.map(({ row, trial, value, percent, interval }): Reading => ({
        x: percent,
        at: { panel, scale: 'y', value: row },
        heading: `${labels[row] ?? ''}, trial ${trial}`,
        values: [
          [measure.name, medianText({ p50: value, ...(interval && { p50_interval: interval }) }, measure.format)],
          ...intervalReading(interval),
          ['from the mean', percentText(percent)],
        ],
      })),
    ),
  });
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
