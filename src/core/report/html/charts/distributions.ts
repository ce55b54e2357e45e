import type { Markish } from '@observablehq/plot';
import { samplesNeeded } from '../../../measurement/histogram.js';
import { percentText, tickText, timeText } from '../../../measurement/numbers.js';
import type { MetricFigures } from '../../../measurement/result-schema.js';
import { commonAxis, densityOn, type LogAxis, ticksOf } from '../../bench/density.js';
import { areFew, type Mass } from '../../bench/masses.js';
import { Markup, markup } from '../../text/markup.js';
import type { PlotLibrary } from '../plot/draw.js';
import { figureMarkup, type Layout, type Reading } from '../plot/figure.js';
import { key, legendLine } from './legend.js';
import type { DrawnLimit } from './limits.js';

/** One of several distributions in a figure. */
export interface Distribution {
  readonly name: string;
  /** The same for where there is little room. */
  readonly shortName: string;
  /** A colour of CSS. */
  readonly colour: string;
  readonly masses: readonly Mass[];
  readonly figures: Pick<MetricFigures, 'p50' | 'p95' | 'p50_interval'>;
}

export interface DistributionFigure {
  readonly title: string;
  readonly distributions: readonly Distribution[];
  readonly limits: readonly DrawnLimit[];
  /** All densities in one row, on top of each other; with two of them. */
  readonly isOverlaid?: boolean;
  /** A figure above says how to read it. */
  readonly isExplained?: boolean;
}

const bins = 100;
/** Times that are shorter still lie at the beginning of the axis: nobody notices them. */
const widestAxis = 500;
/** Of the normal distribution that smooths the shapes, in bins. */
const smoothing = 0.9;
const rowHeight = { wide: 44, narrow: 40 } as const;
const labelWidth = { wide: 150, narrow: 62 } as const;
/** With more, their texts would touch each other on a narrow screen. */
const mostNarrowTicks = 5;

/** Densities below each other, and below them how many requests were at least as fast; empty without samples. */
export function distributionFigure(plot: PlotLibrary, figure: DistributionFigure): Markup {
  const { title, limits, isOverlaid = false, isExplained = false } = figure;
  const distributions = figure.distributions.filter(({ masses }) => masses.length > 0);
  const all = distributions.flatMap(({ masses }) => masses);
  const whole = commonAxis(all, []);
  if (whole === null) return new Markup('');
  const axis = { ...whole, fromMs: Math.max(whole.fromMs, whole.toMs / widestAxis) };
  const shown = limits.filter(({ ms }) => ms > axis.fromMs / 5 && ms < axis.toMs * 5);
  const domain = [
    Math.min(axis.fromMs, ...shown.map(({ ms }) => ms / 1.15)),
    Math.max(axis.toMs, ...shown.map(({ ms }) => ms * 1.15)),
  ] as const;
  const ticks = ticksOf({ fromMs: domain[0], toMs: domain[1], openBelow: false });
  const x = (layout: Layout) => ({
    type: 'log' as const,
    domain,
    ticks:
      layout.type === 'narrow' && ticks.length > mostNarrowTicks ? ticks.filter((_, index) => index % 2 === 0) : ticks,
    tickFormat: tickText,
    tickSize: 3,
    label: null,
  });
  const limitMarks = (): readonly Markish[] => [
    plot.ruleX(shown, { x: 'ms', stroke: 'var(--limit)', strokeDasharray: '5 3', strokeWidth: 1.5 }),
  ];
  const names = (layout: Layout): readonly string[] =>
    distributions.map(({ name, shortName }) => (isOverlaid ? '' : layout.type === 'wide' ? name : shortName));
  const rows = isOverlaid ? 1 : distributions.length;
  const rowPixels = (layout: Layout): number => (isOverlaid ? 110 : rowHeight[layout.type]);
  const ownKeys = isOverlaid ? distributions.map(({ name }, index) => key(index === 0 ? 's0' : 's1', name)) : [];
  const frame = (layout: Layout) =>
    ({ marginLeft: isOverlaid ? 48 : labelWidth[layout.type], marginBottom: 24, marginRight: 24 }) as const;
  const isAnyFew = distributions.some(({ masses }) => areFew(masses));
  return figureMarkup(plot, {
    title,
    label: `${title}: distributions`,
    colours: distributions.map(({ colour }) => colour),
    caption: [
      legendLine([...ownKeys, ...shown.map(({ text }) => key('limit', text))]),
      isExplained
        ? markup``
        : markup`Above: where the requests lie; the solid line is p50, the dashed one p95. Below: the share of requests that took no longer. Logarithmic axis.`,
      isAnyFew ? markup` Dots are single requests, where there are fewer than ${samplesNeeded(50)}.` : markup``,
    ],
    panels: [
      {
        name: '',
        options: (layout) => ({
          ...frame(layout),
          height: rows * rowPixels(layout) + 32,
          marginTop: 8,
          x: x(layout),
          y: { axis: null, domain: [0, 1] },
          fy: { domain: Array.from({ length: rows }, (_, index) => index), axis: null, padding: 0.12 },
          marks: [
            plot.gridX(x(layout).ticks, { stroke: 'var(--rule)', strokeOpacity: 1 }),
            plot.ruleY([0], { stroke: 'var(--rule)' }),
            ...distributions.flatMap((each, index) =>
              rowMarks(plot, each, index, isOverlaid ? 0 : index, axis, names(layout)[index] ?? ''),
            ),
            ...limitMarks(),
          ],
        }),
      },
      {
        name: '',
        options: (layout) => ({
          ...frame(layout),
          height: layout.type === 'wide' ? 200 : 180,
          marginTop: 14,
          x: x(layout),
          y: { domain: [0, 1], ticks: [0, 0.25, 0.5, 0.75, 0.95], tickFormat: percentText, tickSize: 0, label: null },
          marks: [
            plot.gridY([0, 0.25, 0.5, 0.75, 0.95], { stroke: 'var(--rule)', strokeOpacity: 1 }),
            ...distributions.map(({ masses }, index) =>
              plot.lineY(cumulative(masses, domain), {
                x: 'ms',
                y: 'share',
                stroke: `var(--s${index})`,
                strokeWidth: 2,
                curve: 'step-after',
              }),
            ),
            ...limitMarks(),
          ],
        }),
      },
    ],
    readings: readingsOf(distributions, domain),
  });
}

function rowMarks(
  plot: PlotLibrary,
  { masses, figures }: Distribution,
  index: number,
  fy: number,
  axis: LogAxis,
  name: string,
): readonly Markish[] {
  const colour = `var(--s${index})`;
  const label = plot.text([name], {
    fy: () => fy,
    text: (text: string) => text,
    frameAnchor: 'left',
    dx: -8,
    textAnchor: 'end',
    lineWidth: 12,
    fill: 'currentColor',
  });
  const rule = (ms: number | null, dash: string): readonly Markish[] =>
    ms === null
      ? []
      : [plot.ruleX([ms], { fy: () => fy, stroke: 'currentColor', strokeWidth: 1.5, strokeDasharray: dash })];
  if (areFew(masses)) {
    const dots = masses.flatMap(({ upToMs, count }) =>
      Array.from({ length: count }, (_, nth) => ({ ms: upToMs, nth })),
    );
    return [
      label,
      plot.dot(dots, {
        fy: () => fy,
        x: 'ms',
        y: ({ nth }: { nth: number }) => 0.18 + nth * 0.2,
        r: 3.5,
        fill: colour,
        fillOpacity: 0.85,
      }),
      ...rule(figures.p50, ''),
    ];
  }
  const shape = smooth(densityOn(axis, masses, bins));
  const most = Math.max(...shape, 1e-9);
  const ratio = axis.toMs / axis.fromMs;
  const points = shape.map((count, bin) => ({
    ms: axis.fromMs * ratio ** ((bin + 0.5) / bins),
    height: (count / most) * 0.98,
  }));
  return [
    label,
    plot.areaY(points, { fy: () => fy, x: 'ms', y: 'height', fill: colour, fillOpacity: index === fy ? 0.75 : 0.5 }),
    plot.lineY(points, { fy: () => fy, x: 'ms', y: 'height', stroke: colour, strokeWidth: 1 }),
    ...rule(figures.p50, ''),
    ...rule(figures.p95, '3 3'),
  ];
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
