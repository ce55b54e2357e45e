import type { Markish, PlotOptions } from '@observablehq/plot';
import { samplesNeeded } from '../../../measurement/histogram.js';
import { roughMark, roughness } from '../../../measurement/median.js';
import { orUnknown, significant, timeText } from '../../../measurement/numbers.js';
import type { BenchResult, Run, Setting } from '../../../measurement/result-schema.js';
import { dimensionsOf } from '../../../measurement/setting-text.js';
import { bySetting, settingsKey, type SettingSummary } from '../../../measurement/summarise.js';
import { sweptKey } from '../../../measurement/sweep.js';
import { throughputOf, throughputUnit } from '../../../measurement/throughput.js';
import { uslThroughput } from '../../../statistics/usl.js';
import { headlineOf } from '../../bench/columns.js';
import { steadyOf } from '../../bench/overload.js';
import { Markup, markup } from '../../text/markup.js';
import type { PlotLibrary } from '../plot/draw.js';
import { figureMarkup, type Layout, type Panel } from '../plot/figure.js';
import { key, legendLine } from './legend.js';
import { limitsOf } from './limits.js';
import { shortNumber } from './run-axis.js';
import { logTimeAxis } from './time-axis.js';
import { spreadOf, type TrialSpread } from './trial-interval.js';

const frame = { marginLeft: 56, marginTop: 12, marginBottom: 26, marginRight: 44 } as const;
const panelHeight = { wide: 200, narrow: 170 } as const;
/** It has room for the name of the axis. */
const lastPanel = { marginBottom: 40, more: 14 } as const;
const lineHeight = 14;

interface Point {
  readonly load: number;
  readonly summary: SettingSummary;
  readonly tokens: TrialSpread | null;
  readonly p50: TrialSpread | null;
  readonly p95: TrialSpread | null;
}

/** Throughput and latency over the swept setting, with the intervals of the trials; empty if there is no single one. */
export function sweepFigure(plot: PlotLibrary, result: BenchResult, summaries: readonly SettingSummary[]): Markup {
  const swept = sweptDimension(summaries.map(({ settings }) => settings));
  if (swept === null || summaries.length < 2) return new Markup('');
  const headline = headlineOf(result);
  const counted = { countsTokens: summaries.every(({ countsTokens }) => countsTokens) };
  const trials = bySetting(result.runs);
  const steady = new Set(steadyOf(summaries));
  const points = summaries
    .flatMap((summary): Point[] => {
      const load = summary.settings[swept.key];
      const runs = trials.get(settingsKey(summary.settings)) ?? [];
      const of = (value: (run: Run) => number | null): TrialSpread | null =>
        spreadOf(runs.map(value).filter((each) => each !== null));
      const { p50, p95, p50_interval: rough = null } = summary.metrics[headline.metric];
      // Of a queue that grew without end, a percentile only says how long was measured.
      const latency = (
        value: (run: Run) => number | null,
        middle: number | null,
        interval: TrialSpread['interval'] = null,
      ): TrialSpread | null => (steady.has(summary) ? centred(of(value), middle, interval) : null);
      return load === null
        ? []
        : [
            {
              load,
              summary,
              tokens: of((run) => throughputOf(run, counted)),
              p50: latency(({ metrics }) => metrics[headline.metric].p50, p50, rough),
              p95: latency(({ metrics }) => metrics[headline.metric].p95, p95),
            },
          ];
    })
    .sort((one, other) => one.load - other.load);
  const loads = points.map(({ load }) => load);
  const [first, last] = [loads[0] ?? 1, loads.at(-1) ?? 1];
  const { usl, knee } = result.sweep;
  const isFitted = usl !== null && swept.key === sweptKey(summaries.map(({ settings }) => settings));
  const fitted = isFitted
    ? Array.from({ length: 60 }, (_, index) => first * (last / first) ** (index / 59)).map((load) => ({
        load,
        tokens: uslThroughput(usl, load),
      }))
    : [];
  const hasIntervals = points.some(({ tokens }) => tokens?.interval != null);
  const limits = limitsOf(result, headline.metric);
  const spreads = points.flatMap(({ p50, p95 }) => [p50, p95]).filter((each) => each !== null);
  const times = logTimeAxis([
    ...limits.map(({ ms }) => ms),
    ...spreads.flatMap(({ mean, values, interval }) => [
      mean,
      ...values,
      ...(interval === null ? [] : [interval.upper]),
    ]),
  ]);
  const axis = (name: string, { type: layout }: Layout) => ({
    type: 'log' as const,
    domain: [first / 1.06, last * 1.06],
    ticks: apart(loads, layout === 'wide' ? 0.035 : 0.1),
    tickFormat: (load: number) => String(Number(load.toPrecision(3))),
    tickSize: 3,
    label: name,
    labelAnchor: 'center' as const,
    labelArrow: 'none' as const,
  });
  const panel = (
    name: string,
    marks: (layout: Layout) => readonly Markish[],
    y: PlotOptions['y'],
    isLast: boolean,
  ): Panel => ({
    name,
    options: (layout) => ({
      ...frame,
      marginBottom: isLast ? lastPanel.marginBottom : frame.marginBottom,
      height: panelHeight[layout.type] + (isLast ? lastPanel.more : 0),
      x: { ...axis(swept.name, layout), ...(isLast ? {} : { label: null }) },
      y: { ticks: 5, tickSize: 0, label: null, ...y },
      marks: [
        isLast
          ? plot.gridY(times.ticks, { stroke: 'var(--rule)', strokeOpacity: 1 })
          : plot.gridY({ ticks: 5, stroke: 'var(--rule)', strokeOpacity: 1 }),
        ...(knee === null || swept.key === 'rate'
          ? []
          : [
              plot.ruleX([knee], { stroke: 'var(--good)', strokeDasharray: '2 3', strokeWidth: 1.5 }),
              plot.text([knee], {
                x: (each: number) => each,
                text: () => 'knee',
                frameAnchor: 'top',
                dy: -10,
                fill: 'var(--good)',
              }),
            ]),
        ...marks(layout),
      ],
    }),
  });
  const isRough = ({ summary, p50 }: Point): boolean =>
    p50 !== null && roughness(summary.metrics[headline.metric]) !== '';
  const latency = (percentile: 'p50' | 'p95', colour: string, nameShift: number): readonly Markish[] =>
    spreadMarks(
      plot,
      points.map((point) => ({
        load: point.load,
        spread: point[percentile],
        isRough: percentile === 'p50' && isRough(point),
      })),
      colour,
      percentile,
      nameShift,
    );
  /** Half of what the names of both lines lack to be read beside each other, in pixels. */
  const halfOverlap = ({ type }: Layout): number => {
    const { p50, p95 } = points.at(-1) ?? { p50: null, p95: null };
    if (p50 === null || p95 === null) return 0;
    const [low, high] = times.ends;
    const height = panelHeight[type] + lastPanel.more - frame.marginTop - lastPanel.marginBottom;
    return Math.max(0, (lineHeight - (Math.log(p95.mean / p50.mean) / Math.log(high / low)) * height) / 2);
  };
  return figureMarkup(plot, {
    title: `Throughput and latency by ${swept.name}`,
    label: `Throughput and ${headline.name} by ${swept.name}`,
    caption: [
      legendLine([
        ...(isFitted ? [key('fit', 'Universal Scalability Law')] : []),
        ...limits.map(({ text }) => key('limit', text)),
      ]),
      markup`${hasIntervals ? 'Bars: 95 % intervals of the mean of the trials; faint dots: single trials.' : 'Faint dots: single trials.'}${points.some(isRough) ? ` Hollow dots: ${roughMark}\u00a0median of fewer than ${samplesNeeded(50)} requests, and its own interval.` : ''} The axis of ${swept.name} is logarithmic.`,
    ],
    panels: [
      panel(
        counted.countsTokens ? 'Output tokens per second' : 'Requests per second',
        () => [
          plot.lineY(fitted, {
            x: 'load',
            y: 'tokens',
            stroke: 'var(--fit)',
            strokeDasharray: '5 4',
            strokeWidth: 1.5,
          }),
          ...spreadMarks(
            plot,
            points.map(({ load, tokens }) => ({ load, spread: tokens })),
            'var(--work)',
          ),
        ],
        { zero: true, nice: true, tickFormat: shortNumber },
        false,
      ),
      panel(
        headline.name,
        (layout) => [
          plot.ruleY(limits, { y: 'ms', stroke: 'var(--limit)', strokeDasharray: '5 3', strokeWidth: 1.5 }),
          ...latency('p95', 'var(--wait)', -halfOverlap(layout)),
          ...latency('p50', 'var(--first)', halfOverlap(layout)),
        ],
        times.scale,
        true,
      ),
    ],
    readings: points.map(({ load, summary, tokens, p50, p95 }) => ({
      x: load,
      heading: `${swept.name} ${significant(load)}`,
      values: [
        [`${throughputUnit(counted)}/s`, withInterval(tokens, significant)],
        ['requests/s', significant(summary.rates.requests_per_second)],
        ['goodput/s', orUnknown(summary.rates.goodput, significant)],
        [`${headline.name} p50`, withInterval(p50, timeText, roughness(summary.metrics[headline.metric]))],
        [`${headline.name} p95`, withInterval(p95, timeText)],
      ],
    })),
  });
}

/**
 * Points with their line, intervals and single trials, and a name at the last one.
 *
 * @param nameShift how far the name is below its point, in pixels
 */
function spreadMarks(
  plot: PlotLibrary,
  points: readonly { readonly load: number; readonly spread: TrialSpread | null; readonly isRough?: boolean }[],
  colour: string,
  name = '',
  nameShift = 0,
): readonly Markish[] {
  const known = points.flatMap(({ load, spread, isRough = false }) =>
    spread === null || spread.mean <= 0 ? [] : [{ load, isRough, ...spread }],
  );
  const single = known.flatMap(({ load, values }) =>
    values.length < 2 ? [] : values.filter((value) => value > 0).map((value) => ({ load, value })),
  );
  const intervals = known.flatMap(({ load, interval, values }) =>
    interval === null ? [] : [{ load, ...interval, lower: Math.max(interval.lower, Math.min(...values) / 2) }],
  );
  return [
    plot.lineY(known, { x: 'load', y: 'mean', stroke: colour, strokeWidth: 2 }),
    plot.dot(single, { x: 'load', y: 'value', r: 2.5, fill: colour, fillOpacity: 0.35 }),
    plot.ruleX(intervals, { x: 'load', y1: 'lower', y2: 'upper', stroke: colour, strokeWidth: 2 }),
    plot.dot(
      known.filter(({ isRough }) => !isRough),
      { x: 'load', y: 'mean', r: 4, fill: colour, stroke: 'var(--paper)', strokeWidth: 1.5 },
    ),
    plot.dot(
      known.filter(({ isRough }) => isRough),
      { x: 'load', y: 'mean', r: 4, fill: 'var(--paper)', stroke: colour, strokeWidth: 2 },
    ),
    plot.text(known.slice(-1), {
      x: 'load',
      y: 'mean',
      text: () => name,
      textAnchor: 'start',
      dx: 9,
      dy: nameShift,
      fill: colour,
      fontWeight: 600,
    }),
  ];
}

/**
 * Around the percentile of all trials together, which the table shows.
 *
 * @param own the interval of the percentile itself, rather than that of the trials' mean; null for none
 */
function centred(spread: TrialSpread | null, value: number | null, own: TrialSpread['interval']): TrialSpread | null {
  if (value === null) return null;
  return { values: spread?.values ?? [], mean: value, interval: own ?? spread?.interval ?? null };
}

/** @param mark stands before the value */
function withInterval(spread: TrialSpread | null, format: (value: number) => string, mark = ''): string {
  if (spread === null) return orUnknown(null, format);
  const { mean, interval } = spread;
  const value = `${mark}${format(mean)}`;
  return interval === null ? value : `${value} (${format(interval.lower)} – ${format(interval.upper)})`;
}

/** Those whose labels do not touch, the last one first. @param share of the axis */
function apart(loads: readonly number[], share: number): readonly number[] {
  const length = Math.log((loads.at(-1) ?? 1) / (loads[0] ?? 1));
  return loads.reduceRight<number[]>((shown, load) => {
    const [next] = shown;
    return next === undefined || Math.log(next / load) >= share * length ? [load, ...shown] : shown;
  }, []);
}

/** The only thing in which the settings differ, as an axis. */
function sweptDimension(
  settings: readonly Setting[],
): { readonly key: 'concurrency' | 'max_concurrency' | 'rate'; readonly name: string } | null {
  const [dimension, ...others] = dimensionsOf(settings);
  if (dimension === undefined || others.length > 0) return null;
  const values = settings.map((each) => each[dimension.key]);
  if (values.some((value) => value === null) || new Set(values).size < 2) return null;
  return { key: dimension.key, name: dimension.key === 'rate' ? 'requests/s' : dimension.name };
}
