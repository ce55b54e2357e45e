import type { Markish, PlotOptions } from '@observablehq/plot';
import { samplesNeeded } from '../../../measurement/latency/histogram.js';
import { roughMark, roughness } from '../../../measurement/latency/median.js';
import { orUnknown, significant, timeText } from '../../../measurement/numbers.js';
import type { BenchResult } from '../../../measurement/result-schema.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { throughputUnit } from '../../../measurement/settings/throughput.js';
import { Markup, markup } from '../../text/markup.js';
import type { PlotLibrary } from '../plot/draw.js';
import { figureMarkup, type Layout, type Panel, type Reading } from '../plot/figure.js';
import { key, legendLine } from './legend.js';
import { type DrawnLimit, limitsOf } from './limits.js';
import { shortNumber } from './run-axis.js';
import { type SweepPoint, type SweptPoints, sweptPoints } from './sweep-points.js';
import { logTimeAxis } from './time-axis.js';
import type { TrialSpread } from './trial-interval.js';

const frame = { marginLeft: 56, marginTop: 12, marginBottom: 26, marginRight: 44 } as const;
const panelHeight = { wide: 200, narrow: 170 } as const;
/** It has room for the name of the axis. */
const lastPanel = { marginBottom: 40, more: 14 } as const;
const lineHeight = 14;

/** What both panels are drawn from. */
interface DrawnSweep extends SweptPoints {
  readonly limits: readonly DrawnLimit[];
  readonly times: ReturnType<typeof logTimeAxis>;
  /** On this axis; null if there is none. */
  readonly knee: number | null;
}

/** Throughput and latency over the swept setting, with the intervals of the trials; empty if there is no single one. */
export function sweepFigure(plot: PlotLibrary, result: BenchResult, summaries: readonly SettingSummary[]): Markup {
  const known = sweptPoints(result, summaries);
  if (known === null) return new Markup('');
  const { swept, headline, points } = known;
  const limits = limitsOf(result, headline.metric);
  const knee = swept.key === 'rate' ? null : result.sweep.knee;
  const sweep = { ...known, limits, knee, times: logTimeAxis([...limits.map(({ ms }) => ms), ...timesOf(points)]) };
  return figureMarkup(plot, {
    title: `Throughput and latency by ${swept.name}`,
    label: `Throughput and ${headline.name} by ${swept.name}`,
    caption: captionOf(sweep),
    panels: [throughputPanel(plot, sweep), latencyPanel(plot, sweep)],
    readings: points.map((point) => readingOf(point, sweep)),
  });
}

/** Every latency that the figure shows, in milliseconds. */
function timesOf(points: readonly SweepPoint[]): readonly number[] {
  const spreads = points.flatMap(({ p50, p95 }) => [p50, p95]).filter((each) => each !== null);
  return spreads.flatMap(({ mean, values, interval }) => [
    mean,
    ...values,
    ...(interval === null ? [] : [interval.upper]),
  ]);
}

function captionOf({ swept, points, limits, fitted }: DrawnSweep): readonly Markup[] {
  const hasIntervals = points.some(({ throughput }) => throughput?.interval != null);
  const isAnyRough = points.some(({ isRough }) => isRough);
  return [
    legendLine([
      ...(fitted === null ? [] : [key('fit', 'Universal Scalability Law')]),
      ...limits.map(({ text }) => key('limit', text)),
    ]),
    markup`${hasIntervals ? 'Bars: 95 % intervals of the mean of the trials; faint dots: single trials.' : 'Faint dots: single trials.'}${isAnyRough ? ` Hollow dots: ${roughMark}\u00a0median of fewer than ${samplesNeeded(50)} requests, and its own interval.` : ''} The axis of ${swept.name} is logarithmic.`,
  ];
}

function throughputPanel(plot: PlotLibrary, sweep: DrawnSweep): Panel {
  const { countsTokens, points, fitted } = sweep;
  return panelOf(sweep, {
    name: countsTokens ? 'Output tokens per second' : 'Requests per second',
    isLast: false,
    y: { zero: true, nice: true, tickFormat: shortNumber },
    marks: () => [
      plot.gridY({ ticks: 5, stroke: 'var(--rule)', strokeOpacity: 1 }),
      ...kneeMarks(plot, sweep),
      plot.lineY(fitted ?? [], {
        x: 'load',
        y: 'throughput',
        stroke: 'var(--fit)',
        strokeDasharray: '5 4',
        strokeWidth: 1.5,
      }),
      ...spreadMarks(
        plot,
        points.map(({ load, throughput }) => ({ load, spread: throughput })),
        'var(--work)',
      ),
    ],
  });
}

function latencyPanel(plot: PlotLibrary, sweep: DrawnSweep): Panel {
  const { headline, points, limits, times } = sweep;
  const p95 = points.map((point) => ({ load: point.load, spread: point.p95 }));
  const p50 = points.map((point) => ({ load: point.load, spread: point.p50, isRough: point.isRough }));
  return panelOf(sweep, {
    name: headline.name,
    isLast: true,
    y: times.scale,
    marks: (layout) => [
      plot.gridY(times.ticks, { stroke: 'var(--rule)', strokeOpacity: 1 }),
      ...kneeMarks(plot, sweep),
      plot.ruleY(limits, { y: 'ms', stroke: 'var(--limit)', strokeDasharray: '5 3', strokeWidth: 1.5 }),
      ...spreadMarks(plot, p95, 'var(--wait)', 'p95', -halfOverlap(layout, sweep)),
      ...spreadMarks(plot, p50, 'var(--first)', 'p50', halfOverlap(layout, sweep)),
    ],
  });
}

interface PanelParts {
  readonly name: string;
  /** Whether it is at the bottom, with the name of the axis. */
  readonly isLast: boolean;
  readonly y: PlotOptions['y'];
  readonly marks: (layout: Layout) => readonly Markish[];
}

function panelOf({ swept, points }: DrawnSweep, { name, isLast, y, marks }: PanelParts): Panel {
  const loads = points.map(({ load }) => load);
  return {
    name,
    options: (layout) => ({
      ...frame,
      marginBottom: isLast ? lastPanel.marginBottom : frame.marginBottom,
      height: panelHeight[layout.type] + (isLast ? lastPanel.more : 0),
      x: {
        type: 'log',
        domain: [(loads[0] ?? 1) / 1.06, (loads.at(-1) ?? 1) * 1.06],
        ticks: apart(loads, layout.type === 'wide' ? 0.035 : 0.1),
        tickFormat: (load: number) => String(Number(load.toPrecision(3))),
        tickSize: 3,
        label: isLast ? swept.name : null,
        labelAnchor: 'center',
        labelArrow: 'none',
      },
      y: { ticks: 5, tickSize: 0, label: null, ...y },
      marks: [...marks(layout)],
    }),
  };
}

function kneeMarks(plot: PlotLibrary, { knee }: DrawnSweep): readonly Markish[] {
  if (knee === null) return [];
  return [
    plot.ruleX([knee], { stroke: 'var(--good)', strokeDasharray: '2 3', strokeWidth: 1.5 }),
    plot.text([knee], {
      x: (each: number) => each,
      text: () => 'knee',
      frameAnchor: 'top',
      dy: -10,
      fill: 'var(--good)',
    }),
  ];
}

/** Half of what the names of both lines lack to be read beside each other, in pixels. */
function halfOverlap({ type }: Layout, { points, times }: DrawnSweep): number {
  const { p50, p95 } = points.at(-1) ?? { p50: null, p95: null };
  if (p50 === null || p95 === null) return 0;
  const [low, high] = times.ends;
  const height = panelHeight[type] + lastPanel.more - frame.marginTop - lastPanel.marginBottom;
  return Math.max(0, (lineHeight - (Math.log(p95.mean / p50.mean) / Math.log(high / low)) * height) / 2);
}

function readingOf(
  { load, summary, throughput, p50, p95 }: SweepPoint,
  { swept, headline, countsTokens }: DrawnSweep,
): Reading {
  return {
    x: load,
    heading: `${swept.name} ${significant(load)}`,
    values: [
      [`${throughputUnit({ countsTokens })}/s`, withInterval(throughput, significant)],
      ['requests/s', significant(summary.rates.requests_per_second)],
      ['goodput/s', orUnknown(summary.rates.goodput, significant)],
      [`${headline.name} p50`, withInterval(p50, timeText, roughness(summary.metrics[headline.metric]))],
      [`${headline.name} p95`, withInterval(p95, timeText)],
    ],
  };
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
