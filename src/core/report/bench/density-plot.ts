import type { BenchResult } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/summarise.js';
import {
  commonAxis,
  densityOn,
  type DensityMetric,
  type LogAxis,
  type Mass,
  massesOf,
  positionOn,
  ticksOf,
} from './density.js';
import { headlineOf } from './headline.js';
import { orUnknown, tickText, timeText } from '../../measurement/numbers.js';
import { rowLabels } from './row-labels.js';
import { padEnd, padStart, type Paint, painter, type ReportStyle, widthOf } from '../text/style.js';

const blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const gap = '  ';
const fewestBins = 10;

interface Plot {
  readonly title: string;
  readonly metric: DensityMetric;
  readonly colour: 'cyan' | 'yellow';
  /** One for each setting. */
  readonly masses: readonly (readonly Mass[])[];
}

/**
 * The distributions of TTFT and of queue wait, one line per setting, all on one axis: what moves to the right from one
 * plot or line to another is slower. [] without samples.
 */
export function densityPlots(
  result: BenchResult,
  summaries: readonly SettingSummary[],
  style: ReportStyle,
): readonly (readonly string[])[] {
  const headline = headlineOf(result);
  const plot = (title: string, metric: DensityMetric, colour: Plot['colour']): Plot => ({
    title,
    metric,
    colour,
    masses: summaries.map((summary) => massesOf(summary, metric)),
  });
  const ttft = plot(headline.name, headline.metric, 'cyan');
  const queueWait = plot('Queue wait', 'queue_wait', 'yellow');
  const axis = commonAxis(ttft.masses.flat(), queueWait.masses.flat());
  if (axis === null) return [];

  const paint = painter(style);
  const labels = rowLabels(result, summaries, style);
  const plots = [ttft, queueWait].filter(({ masses }) => masses.some((each) => each.length > 0));
  const widths = figureWidths(plots, summaries);
  const figuresWidth = widths.reduce((total, width) => total + gap.length + width, 0);
  const bins = Math.max(fewestBins, style.width - labels.width - gap.length - figuresWidth);
  return plots.map(({ title, metric, colour, masses }) => {
    const hint = style.colour ? paint('dim', '  slowest 5 % in ') + paint('red', 'red') : '';
    const heading = padEnd(paint('bold', title) + hint, labels.width + gap.length + bins);
    const rows = summaries.map(({ metrics }, index) => {
      const bars = blocksOf(densityOn(axis, masses[index] ?? [], bins));
      const slowFrom = slowestBin(axis, metrics[metric].p95, bins);
      const painted = paint(colour, bars.slice(0, slowFrom)) + paint('red', bars.slice(slowFrom));
      const figures = shown.map((percentile) => orUnknown(metrics[metric][percentile], timeText));
      return `${labels.rows[index] ?? ''}${gap}${painted}${paint('dim', aligned(figures, widths))}`;
    });
    const axisRows = axisLines(axis, bins, paint).map((line) => ' '.repeat(labels.width + gap.length) + line);
    return [heading + paint('dim', aligned(shown, widths)), ...rows, ...axisRows].map((line) => line.trimEnd());
  });
}

const shown = ['p50', 'p95'] as const;

/** The same for all plots, so that their axes stand under each other. */
function figureWidths(plots: readonly Plot[], summaries: readonly SettingSummary[]): readonly number[] {
  return shown.map((percentile) => {
    const texts = plots.flatMap(({ metric }) =>
      summaries.map(({ metrics }) => orUnknown(metrics[metric][percentile], timeText)),
    );
    return Math.max(...[percentile, ...texts].map(widthOf));
  });
}

function aligned(texts: readonly string[], widths: readonly number[]): string {
  return texts.map((text, index) => gap + padStart(text, widths[index] ?? 0)).join('');
}

/** Each line fills its own height: lines compare in where they lie, not in how many requests they have. */
function blocksOf(counts: readonly number[]): string {
  const most = Math.max(...counts);
  return counts
    .map((count) => (count <= 0 ? ' ' : (blocks[Math.round((count / most) * (blocks.length - 1))] ?? '█')))
    .join('');
}

/** The first stretch that lies wholly beyond p95. */
function slowestBin(axis: LogAxis, p95Ms: number | null, bins: number): number {
  return p95Ms === null ? bins : Math.floor(positionOn(axis, p95Ms) * bins) + 1;
}

/** A line with ticks, and their labels as far as there is room for them. */
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
