import type { Markish, PlotOptions } from '@observablehq/plot';
import { samplesNeeded } from '../../../measurement/latency/histogram.js';
import { confidencePercent, roughMark } from '../../../measurement/latency/median.js';
import { percentText, tickText, timeText } from '../../../measurement/numbers.js';
import { commonAxis, type LogAxis, ticksOf } from '../../bench/latency/density.js';
import { areFew, type Mass } from '../../bench/latency/masses.js';
import { Markup, markup } from '../../text/markup.js';
import type { PlotLibrary } from '../plot/draw.js';
import { figureMarkup, type Layout, type Reading } from '../plot/figure.js';
import { type Distribution, rowMarks } from './distribution-row.js';
import { key, legendLine } from './legend.js';
import type { DrawnLimit } from './limits.js';

export interface DistributionFigure {
  readonly title: string;
  readonly distributions: readonly Distribution[];
  readonly limits: readonly DrawnLimit[];
  /** All densities in one row, on top of each other; with two of them. */
  readonly isOverlaid?: boolean;
  /** A figure above says how to read it. */
  readonly isExplained?: boolean;
}

/** Times that are shorter still lie at the beginning of the axis: they are too short to be noticed. */
const widestAxis = 500;
const rowHeight = { wide: 44, narrow: 40 } as const;
const labelWidth = { wide: 150, narrow: 62 } as const;
/** With more, their texts would touch each other on a narrow screen. */
const mostNarrowTicks = 5;

/** What both panels are drawn from. */
interface DrawnDistributions {
  readonly distributions: readonly Distribution[];
  readonly isOverlaid: boolean;
  /** Of the densities. */
  readonly axis: LogAxis;
  /** The ends of the axis of both panels, which also shows the limits. */
  readonly domain: readonly [number, number];
  readonly limits: readonly DrawnLimit[];
}

/** Densities below each other, and below them how many requests were at least as fast; empty without samples. */
export function distributionFigure(plot: PlotLibrary, figure: DistributionFigure): Markup {
  const { title, isExplained = false } = figure;
  const drawn = drawnDistributions(figure);
  if (drawn === null) return new Markup('');
  const { distributions, limits, domain } = drawn;
  const ownKeys = drawn.isOverlaid ? distributions.map(({ name }, index) => key(index === 0 ? 's0' : 's1', name)) : [];
  return figureMarkup(plot, {
    title,
    label: `${title}: distributions`,
    colours: distributions.map(({ colour }) => colour),
    caption: [
      legendLine([...ownKeys, ...limits.map(({ text }) => key('limit', text))]),
      isExplained
        ? markup``
        : markup`Above: where the requests lie; the solid line is p50, the dashed one p95. Below: the share of requests that took at most this long. Logarithmic axis.`,
      singlesNote(distributions),
    ],
    panels: [
      { name: '', options: (layout) => densityOptions(plot, drawn, layout) },
      { name: '', options: (layout) => shareOptions(plot, drawn, layout) },
    ],
    readings: readingsOf(distributions, domain),
  });
}

/** @returns null without samples */
function drawnDistributions({
  distributions,
  limits,
  isOverlaid = false,
}: DistributionFigure): DrawnDistributions | null {
  const known = distributions.filter(({ masses }) => masses.length > 0);
  const all = known.flatMap(({ masses }) => masses);
  const whole = commonAxis(all, []);
  if (whole === null) return null;
  const axis = { ...whole, fromMs: Math.max(whole.fromMs, whole.toMs / widestAxis) };
  const shown = limits.filter(({ ms }) => ms > axis.fromMs / 5 && ms < axis.toMs * 5);
  const domain = [
    Math.min(axis.fromMs, ...shown.map(({ ms }) => ms / 1.15)),
    Math.max(axis.toMs, ...shown.map(({ ms }) => ms * 1.15)),
  ] as const;
  return { distributions: known, isOverlaid, axis, domain, limits: shown };
}

function densityOptions(plot: PlotLibrary, drawn: DrawnDistributions, layout: Layout): PlotOptions {
  const { distributions, isOverlaid, axis } = drawn;
  const rows = isOverlaid ? 1 : distributions.length;
  const rowPixels = isOverlaid ? 110 : rowHeight[layout.type];
  const nameOf = ({ name, shortName }: Distribution): string => (layout.type === 'wide' ? name : shortName);
  const x = axisOf(drawn, layout);
  return {
    ...frameOf(drawn, layout),
    height: rows * rowPixels + 32,
    marginTop: 8,
    x,
    y: { axis: null, domain: [0, 1] },
    fy: { domain: Array.from({ length: rows }, (_, index) => index), axis: null, padding: 0.12 },
    marks: [
      plot.gridX(x.ticks, { stroke: 'var(--rule)', strokeOpacity: 1 }),
      plot.ruleY([0], { stroke: 'var(--rule)' }),
      ...distributions.flatMap((each, index) =>
        rowMarks(plot, each, {
          fy: isOverlaid ? 0 : index,
          axis,
          name: isOverlaid ? '' : nameOf(each),
          colour: `var(--s${index})`,
          lane: isOverlaid ? (index === 0 ? 'lower' : 'upper') : null,
        }),
      ),
      limitMark(plot, drawn),
    ],
  };
}

const shareTicks = [0, 0.25, 0.5, 0.75, 0.95];

function shareOptions(plot: PlotLibrary, drawn: DrawnDistributions, layout: Layout): PlotOptions {
  const { distributions, domain } = drawn;
  return {
    ...frameOf(drawn, layout),
    height: layout.type === 'wide' ? 200 : 180,
    marginTop: 14,
    x: axisOf(drawn, layout),
    y: { domain: [0, 1], ticks: shareTicks, tickFormat: percentText, tickSize: 0, label: null },
    marks: [
      plot.gridY(shareTicks, { stroke: 'var(--rule)', strokeOpacity: 1 }),
      ...distributions.map(({ masses, dash }, index) =>
        plot.lineY(cumulative(masses, domain), {
          x: 'ms',
          y: 'share',
          stroke: `var(--s${index})`,
          strokeWidth: 2,
          curve: 'step-after',
          ...(typeof dash === 'string' && { strokeDasharray: dash }),
        }),
      ),
      limitMark(plot, drawn),
    ],
  };
}

function frameOf({ isOverlaid }: DrawnDistributions, { type: layout }: Layout): PlotOptions {
  return { marginLeft: isOverlaid ? 48 : labelWidth[layout], marginBottom: 24, marginRight: 24 };
}

function axisOf({ domain: [fromMs, toMs] }: DrawnDistributions, { type: layout }: Layout) {
  const all = ticksOf({ fromMs, toMs, openBelow: false });
  const ticks = layout === 'narrow' && all.length > mostNarrowTicks ? all.filter((_, index) => index % 2 === 0) : all;
  return { type: 'log' as const, domain: [fromMs, toMs], ticks, tickFormat: tickText, tickSize: 3, label: null };
}

function limitMark(plot: PlotLibrary, { limits }: DrawnDistributions): Markish {
  return plot.ruleX(limits, { x: 'ms', stroke: 'var(--limit)', strokeDasharray: '5 3', strokeWidth: 1.5 });
}

/** What dots are, and what the mark of the median of so few requests means. */
function singlesNote(distributions: readonly Distribution[]): Markup {
  const few = distributions.filter(({ masses }) => areFew(masses));
  if (few.length === 0) return new Markup('');
  const intervals = few.flatMap(({ figures: { p50_interval: interval } }) => interval ?? []);
  if (intervals.length === 0)
    return markup` Dots are single requests, where there are fewer than ${samplesNeeded(50)}.`;
  return markup` Dots are single requests; ${roughMark}\u00a0median of fewer than ${samplesNeeded(50)} of them, the bar its ${confidencePercent(intervals)}\u00a0% interval.`;
}

interface Step {
  readonly ms: number;
  readonly share: number;
}

/** Enough for a curve, and no more however many cells a histogram has. */
const mostSteps = 100;

function cumulative(masses: readonly Mass[], [fromMs, toMs]: readonly [number, number]): readonly Step[] {
  const total = masses.reduce((sum, { count }) => sum + count, 0);
  const sorted = masses.toSorted((one, other) => one.upToMs - other.upToMs);
  const steps: Step[] = [{ ms: fromMs, share: 0 }];
  let seen = 0;
  let drawn = 0;
  for (const [index, { upToMs, count }] of sorted.entries()) {
    seen += count;
    const share = seen / total;
    if (share - drawn < 1 / mostSteps && index > 0 && index < sorted.length - 1) continue;
    drawn = share;
    steps.push({ ms: Math.max(fromMs, upToMs), share });
  }
  return [...steps, { ms: toMs, share: 1 }];
}

/** How many places on the axis can be read. */
const places = 40;

function readingsOf(
  distributions: readonly Distribution[],
  [fromMs, toMs]: readonly [number, number],
): readonly Reading[] {
  return Array.from({ length: places }, (_, index) => {
    const ms = fromMs * (toMs / fromMs) ** ((index + 0.5) / places);
    return {
      x: ms,
      heading: `No longer than ${timeText(ms)}`,
      values: distributions.map(({ name, masses }) => {
        const total = masses.reduce((sum, { count }) => sum + count, 0);
        const below = masses.reduce((sum, { upToMs, count }) => sum + (upToMs <= ms ? count : 0), 0);
        return [name, percentText(below / total)] as const;
      }),
    };
  });
}
