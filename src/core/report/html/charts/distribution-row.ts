import type { Markish } from '@observablehq/plot';
import { medianText } from '../../../measurement/latency/median.js';
import { timeText } from '../../../measurement/numbers.js';
import type { MedianInterval, MetricFigures } from '../../../measurement/result-schema.js';
import { densityOn, type LogAxis, positionOn } from '../../bench/latency/density.js';
import { areFew, type Mass } from '../../bench/latency/masses.js';
import type { PlotLibrary } from '../plot/draw.js';

/** One of several distributions in a figure. */
export interface Distribution {
  readonly name: string;
  /** The same for where there is little room. */
  readonly shortName: string;
  /** A colour of CSS. */
  readonly colour: string;
  /** Of its lines, as SVG has it, where others have the same colour; null or left out for whole lines. */
  readonly dash?: string | null;
  readonly masses: readonly Mass[];
  readonly figures: Pick<MetricFigures, 'p50' | 'p95' | 'p50_interval'>;
}

/** Where a distribution is drawn. */
interface Place {
  /** Of the row, from the top. */
  readonly fy: number;
  readonly axis: LogAxis;
  /** The name of the row; empty for none. */
  readonly name: string;
  /** A colour of CSS. */
  readonly colour: string;
  /** Of several distributions in the same row, which this is; null if it has the row for itself. */
  readonly lane: 'lower' | 'upper' | null;
}

const bins = 100;
/** Of the normal distribution that smooths the shapes, in bins. */
const smoothing = 0.9;

/** A density with its percentiles, or single requests with their median and its interval where there are few. */
export function rowMarks(plot: PlotLibrary, distribution: Distribution, place: Place): readonly Markish[] {
  const { fy, name } = place;
  const label = plot.text([name], {
    fy: () => fy,
    text: (text: string) => text,
    frameAnchor: 'left',
    dx: -8,
    textAnchor: 'end',
    lineWidth: 12,
    fill: 'currentColor',
  });
  return [
    ...(name === '' ? [] : [label]),
    ...(areFew(distribution.masses) ? singleMarks(plot, distribution, place) : densityMarks(plot, distribution, place)),
  ];
}

function densityMarks(plot: PlotLibrary, { masses, figures, dash }: Distribution, place: Place): readonly Markish[] {
  const { fy, axis, colour, lane } = place;
  const shape = smooth(densityOn(axis, masses, bins));
  const most = Math.max(...shape, 1e-9);
  const ratio = axis.toMs / axis.fromMs;
  const points = shape.map((count, bin) => ({
    ms: axis.fromMs * ratio ** ((bin + 0.5) / bins),
    height: (count / most) * 0.98,
  }));
  const rule = (ms: number | null, strokeDasharray: string): readonly Markish[] =>
    ms === null
      ? []
      : [
          plot.ruleX([within(axis, ms)], {
            fy: () => fy,
            stroke: ruleColour(place),
            strokeWidth: 1.5,
            strokeDasharray,
          }),
        ];
  return [
    plot.areaY(points, { fy: () => fy, x: 'ms', y: 'height', fill: colour, fillOpacity: lane === null ? 0.75 : 0.4 }),
    plot.lineY(points, {
      ...{ fy: () => fy, x: 'ms', y: 'height', stroke: colour, strokeWidth: 1 },
      ...(typeof dash === 'string' && { strokeDasharray: dash }),
    }),
    ...rule(figures.p50, ''),
    ...rule(figures.p95, '3 3'),
  ];
}

/** Shorter times lie at the beginning of the axis. */
function within({ fromMs }: LogAxis, ms: number): number {
  return Math.max(fromMs, ms);
}

/** Overlaid distributions are distinguished by colour, and so are their percentiles. */
function ruleColour({ lane, colour }: Place): string {
  return lane === null ? 'currentColor' : colour;
}

/** How far apart dots are that lie on top of each other, as a share of the row. */
const dotStep = 0.2;

/** Half of the row for each of two distributions: otherwise the dots of one would hide those of the other. */
function singleMarks(plot: PlotLibrary, { masses, figures }: Distribution, place: Place): readonly Markish[] {
  const { fy, axis, colour, lane } = place;
  const [bottom, height] = lane === null ? [0, 1] : lane === 'lower' ? [0, 0.5] : [0.5, 0.5];
  const highest = Math.max(...masses.map(({ count }) => count));
  const step = Math.min(dotStep, 0.6 / Math.max(1, highest - 1));
  const dots = masses.flatMap(({ upToMs, count }) =>
    Array.from({ length: count }, (_, nth) => ({ ms: within(axis, upToMs), nth })),
  );
  const { p50, p50_interval: interval } = figures;
  const stroke = ruleColour(place);
  return [
    ...(interval === undefined
      ? []
      : [
          plot.ruleY([interval], {
            fy: () => fy,
            x1: ({ lower }: MedianInterval) => within(axis, lower),
            x2: ({ upper }: MedianInterval) => within(axis, upper),
            y: () => bottom + 0.06 * height,
            stroke,
            strokeWidth: 4,
            strokeOpacity: 0.45,
          }),
        ]),
    plot.dot(dots, {
      fy: () => fy,
      x: 'ms',
      y: ({ nth }: { nth: number }) => bottom + height * (0.3 + nth * step),
      r: 3.5,
      fill: colour,
      fillOpacity: 0.85,
    }),
    ...(p50 === null
      ? []
      : [
          plot.ruleX([within(axis, p50)], { fy: () => fy, y1: bottom, y2: bottom + height, stroke, strokeWidth: 1.5 }),
          medianLabel(plot, medianText(figures, timeText), place, within(axis, p50), bottom + height),
        ]),
  ];
}

/** Beside the line of the median, on the side where there is room. */
function medianLabel(plot: PlotLibrary, text: string, { fy, axis }: Place, ms: number, top: number): Markish {
  const isRight = positionOn(axis, ms) > 0.75;
  return plot.text([text], {
    fy: () => fy,
    x: () => ms,
    y: () => top,
    text: () => text,
    textAnchor: isRight ? 'end' : 'start',
    dx: isRight ? -5 : 5,
    dy: 4,
    fill: 'currentColor',
    stroke: 'var(--paper)',
    strokeWidth: 3,
  });
}

/** With a normal distribution: single bins of few requests would look like more than they are. */
function smooth(counts: readonly number[]): readonly number[] {
  const reach = Math.ceil(smoothing * 3);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, index) =>
    Math.exp(-(((index - reach) / smoothing) ** 2) / 2),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return counts.map((_, bin) =>
    weights.reduce((sum, weight, index) => sum + (weight / total) * (counts[bin + index - reach] ?? 0), 0),
  );
}
