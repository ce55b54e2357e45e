import stringWidth from 'string-width';
import { medianText } from '../../../measurement/latency/median.js';
import { orUnknown, tickText, timeText } from '../../../measurement/numbers.js';
import type { BenchResult, MetricFigures } from '../../../measurement/result-schema.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { padEnd, padStart, type Paint, painter, type ReportStyle } from '../../text/style.js';
import { headlineOf } from '../columns.js';
import { rowLabels } from '../row-labels.js';
import { areFew, type DensityMetric, type Mass, massesOf } from './masses.js';

/** A logarithmic axis of time. Samples outside it count as lying at its ends. */
export interface LogAxis {
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether there are samples below its beginning. */
  readonly openBelow: boolean;
}

/**
 * One axis for the headline latencies and queue waits of all settings, between round numbers. It begins at most a
 * decade below the fastest first token: users do not notice shorter waits.
 *
 * @returns null if there are no samples
 */
export function commonAxis(headlines: readonly Mass[], queueWaits: readonly Mass[]): LogAxis | null {
  const all = [...headlines, ...queueWaits];
  if (all.length === 0) return null;
  const toMs = Math.max(0.01, ...all.map(({ upToMs }) => upToMs));
  const fastest = Math.min(toMs, ...headlines.map(({ upToMs }) => upToMs));
  const least = Math.min(...all.map(({ fromMs, upToMs }) => (fromMs > 0 ? fromMs : upToMs)));
  const fromMs = roundDown(Math.max(least, fastest / 10, 0.001));
  return { fromMs, toMs: roundUp(Math.max(toMs, fromMs * 1.01)), openBelow: least < fromMs };
}

/** Where a time lies on the axis, 0 to 1. */
export function positionOn({ fromMs, toMs }: LogAxis, ms: number): number {
  if (ms <= fromMs) return 0;
  return Math.min(1, Math.log(ms / fromMs) / Math.log(toMs / fromMs));
}

/**
 * Counts samples per bin, in bins of equal width on the axis. Samples that lie somewhere in an interval are spread evenly
 * over the part of it that is on the axis.
 */
export function densityOn(axis: LogAxis, masses: readonly Mass[], bins: number): readonly number[] {
  const counts = new Array<number>(bins).fill(0);
  const add = (bin: number, count: number): void => {
    const at = Math.min(bins - 1, bin);
    counts[at] = (counts[at] ?? 0) + count;
  };
  for (const { fromMs, upToMs, count } of masses) {
    const from = positionOn(axis, fromMs) * bins;
    const to = positionOn(axis, upToMs) * bins;
    if (to - from < 1) {
      add(Math.floor(to), count);
      continue;
    }
    for (let bin = Math.floor(from); bin < to; bin += 1) {
      add(bin, (count * (Math.min(to, bin + 1) - Math.max(from, bin))) / (to - from));
    }
  }
  return counts;
}

/**
 * Round times on the axis: decades, and 2 and 5 between them if there are fewer than three decades. If samples lie below
 * the axis, its beginning is one of the ticks.
 */
export function ticksOf({ fromMs, toMs, openBelow }: LogAxis): readonly number[] {
  const decades = Math.log10(toMs / fromMs);
  const steps = decades > 2.5 ? [1] : [1, 2, 5];
  const ticks: number[] = openBelow ? [fromMs] : [];
  for (let power = Math.floor(Math.log10(fromMs)); power <= Math.ceil(Math.log10(toMs)); power += 1) {
    for (const step of steps) {
      const tick = step * 10 ** power;
      if (tick >= fromMs * (openBelow ? 1.001 : 0.999) && tick <= toMs * 1.001) ticks.push(tick);
    }
  }
  return ticks;
}

const roundSteps = [1, 2, 5, 10] as const;

function roundDown(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(ms) + 1e-9);
  return (roundSteps.findLast((step) => step * power <= ms * (1 + 1e-9)) ?? 1) * power;
}

function roundUp(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(ms) + 1e-9);
  return (roundSteps.find((step) => step * power >= ms * (1 - 1e-9)) ?? 10) * power;
}

const blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const oneRequest = '•';
const severalRequests = '●';
const gap = '  ';
const fewestBins = 10;

/** One line of a plot. */
interface PlotRow {
  readonly label: string;
  readonly masses: readonly Mass[];
  readonly figures: MetricFigures;
}

/** Distributions below each other. */
export interface DensityPlot {
  readonly title: string;
  readonly colour: 'cyan' | 'yellow';
  readonly rows: readonly PlotRow[];
}

/**
 * Plots the distributions of TTFT and queue wait, one line per setting, all on one axis: further right is slower. Where
 * there are few requests, each is a dot.
 *
 * @returns the lines of each plot; [] without samples
 */
export function densityPlots(
  result: BenchResult,
  summaries: readonly SettingSummary[],
  style: ReportStyle,
): readonly (readonly string[])[] {
  const headline = headlineOf(result);
  const labels = rowLabels(result, summaries, style);
  const plot = (title: string, metric: DensityMetric, colour: DensityPlot['colour']): DensityPlot => ({
    title,
    colour,
    rows: summaries.map((summary, index) => ({
      label: labels.rows[index] ?? '',
      masses: massesOf(summary, metric),
      figures: summary.metrics[metric],
    })),
  });
  const ttft = plot(headline.name, headline.metric, 'cyan');
  const queueWait = plot('Queue wait', 'queue_wait', 'yellow');
  return plotLines([ttft, queueWait], commonAxis(massesIn(ttft), massesIn(queueWait)), style);
}

function massesIn({ rows }: DensityPlot): readonly Mass[] {
  return rows.flatMap(({ masses }) => masses);
}

/**
 * Draws plots on one axis, with room for the widest label before each line and its percentiles behind it.
 *
 * @param axis null if there are no samples
 * @returns the lines of each plot that has samples
 */
export function plotLines(
  all: readonly DensityPlot[],
  axis: LogAxis | null,
  style: ReportStyle,
): readonly (readonly string[])[] {
  if (axis === null) return [];
  const paint = painter(style);
  const plots = all.filter(({ rows }) => rows.some(({ masses }) => masses.length > 0));
  const labelWidth = Math.max(...plots.flatMap(({ rows }) => rows.map(({ label }) => stringWidth(label))));
  const widths = figureWidths(plots);
  const figuresWidth = widths.reduce((total, width) => total + gap.length + width, 0);
  const bins = Math.max(fewestBins, style.width - labelWidth - gap.length - figuresWidth);
  return plots.map(({ title, colour, rows }) => {
    const hints = [
      ...(rows.some(({ masses }) => masses.length > 0 && areFew(masses))
        ? [paint('dim', `${gap}${oneRequest} one request${gap}${severalRequests} several`)]
        : []),
      ...(style.colour && rows.some(({ figures }) => figures.p95 !== null)
        ? [paint('dim', `${gap}slowest 5 % in `) + paint('red', 'red')]
        : []),
    ];
    const heading = headingOf(paint('bold', title), hints, labelWidth + gap.length + bins);
    const lines = rows.map(({ label, masses, figures }) => {
      const counts = densityOn(axis, masses, bins);
      const bars = areFew(masses) ? dotsOf(counts) : blocksOf(counts);
      const slowFrom = slowestBin(axis, figures.p95, bins);
      const painted = paint(colour, bars.slice(0, slowFrom)) + paint('red', bars.slice(slowFrom));
      return `${padEnd(label, labelWidth)}${gap}${painted}${paint('dim', aligned(figureTexts(figures), widths))}`;
    });
    const axisRows = axisLines(axis, bins, paint).map((line) => ' '.repeat(labelWidth + gap.length) + line);
    return [heading + paint('dim', aligned(shown, widths)), ...lines, ...axisRows].map((line) => line.trimEnd());
  });
}

const shown = ['p50', 'p95'] as const;

function figureTexts(figures: MetricFigures): readonly string[] {
  return [medianText(figures, timeText), orUnknown(figures.p95, timeText)];
}

/** A title with as many of the hints as fit. */
function headingOf(title: string, hints: readonly string[], width: number): string {
  let heading = title;
  for (const hint of hints) if (stringWidth(heading + hint) <= width) heading += hint;
  return padEnd(heading, width);
}

/** The widths of the figures, the same for all plots, so that their axes line up. */
function figureWidths(plots: readonly DensityPlot[]): readonly number[] {
  const all = plots.flatMap(({ rows }) => rows.map(({ figures }) => figureTexts(figures)));
  return shown.map((percentile, index) => {
    const texts = all.map((each) => each[index] ?? '');
    return Math.max(...[percentile, ...texts].map((text) => stringWidth(text)));
  });
}

function aligned(texts: readonly string[], widths: readonly number[]): string {
  return texts.map((text, index) => gap + padStart(text, widths[index] ?? 0)).join('');
}

/** Each line is scaled to its own maximum, so lines show where samples lie and not how many there are. */
function blocksOf(counts: readonly number[]): string {
  const most = Math.max(...counts);
  return counts
    .map((count) => (count <= 0 ? ' ' : (blocks[Math.round((count / most) * (blocks.length - 1))] ?? '█')))
    .join('');
}

function dotsOf(counts: readonly number[]): string {
  return counts.map((count) => (count <= 0 ? ' ' : count === 1 ? oneRequest : severalRequests)).join('');
}

/** The first bin that lies completely beyond p95. */
function slowestBin(axis: LogAxis, p95Ms: number | null, bins: number): number {
  return p95Ms === null ? bins : Math.floor(positionOn(axis, p95Ms) * bins) + 1;
}

/** A line with ticks, and labels below it where there is room. */
function axisLines(axis: LogAxis, bins: number, paint: Paint): readonly string[] {
  const line = new Array<string>(bins).fill('─');
  let labels = '';
  for (const tick of ticksOf(axis)) {
    const at = Math.min(bins - 1, Math.floor(positionOn(axis, tick) * bins));
    line[at] = at === 0 ? '└' : at === bins - 1 ? '┘' : '┴';
    const text = `${at === 0 && axis.openBelow ? '≤ ' : ''}${tickText(tick)}`;
    // A label is centred under its tick, and left out if it would touch another.
    const from = Math.max(0, Math.min(bins - text.length, at - Math.floor(text.length / 2)));
    if (labels === '' || from >= labels.length + gap.length) labels = padEnd(labels, from) + text;
  }
  return [paint('dim', line.join('')), paint('dim', labels)];
}
