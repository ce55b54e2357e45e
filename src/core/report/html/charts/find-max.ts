import type { Markish, PlotOptions } from '@observablehq/plot';
import { tickText, timeText, whole } from '../../../measurement/numbers.js';
import type { BenchResult, FindMax } from '../../../measurement/result-schema.js';
import { parseObjective } from '../../../measurement/settings/objectives.js';
import { loadNumber, valueRangeText, verdictText } from '../../bench/conclusions/find-max.js';
import { Markup, markup } from '../../text/markup.js';
import type { PlotLibrary } from '../plot/draw.js';
import { figureMarkup, type Layout } from '../plot/figure.js';
import { key, legendLine } from './legend.js';
import { logTimeAxis } from './time-axis.js';

const verdicts = {
  holds: { colour: 'var(--good)', symbol: 'circle' },
  breaks: { colour: 'var(--bad)', symbol: 'times' },
  unclear: { colour: 'var(--wait)', symbol: 'diamond' },
} as const;

/** For each objective of `--find-max` its value by load; empty without a search. */
export function findMaxFigures(
  plot: PlotLibrary,
  { find_max: found }: Pick<BenchResult, 'find_max'>,
): readonly Markup[] {
  if (found === undefined) return [];
  const objectives = found.points[0]?.promises.map(({ promise }) => promise) ?? [];
  const unit = { rate: 'requests/s', concurrency: 'clients', 'max-concurrency': 'max-concurrency' }[found.by];
  return objectives.map((objective, index) => objectiveFigure(plot, objective, index, found, unit));
}

/** A load at which the objective has a value, in milliseconds. */
interface JudgedPoint {
  readonly load: number;
  readonly value: number;
  readonly from: number;
  /** Null if it is not known how high the value may be. */
  readonly upper: number | null;
  /** Where its bar ends. */
  readonly to: number;
  readonly verdict: keyof typeof verdicts;
  readonly overloaded: boolean;
  readonly requests: number;
}

interface ObjectiveChart {
  readonly points: readonly JudgedPoint[];
  /** The lowest and the highest load. */
  readonly ends: readonly [number, number];
  /** The interval of the highest load at which all objectives hold; empty if it is not known. */
  readonly band: readonly { readonly x1: number; readonly x2: number }[];
  readonly limitMs: number;
  readonly unit: string;
}

function objectiveFigure(plot: PlotLibrary, objective: string, index: number, found: FindMax, unit: string): Markup {
  const chart = objectiveChart(objective, index, found, unit);
  if (chart === null) return new Markup('');
  const isOne = found.points.every(({ promises }) => promises.length === 1);
  const marks = isOne ? '' : 'Marks: whether all objectives hold at the load. ';
  const openEnds = chart.points.some(({ upper }) => upper === null) ? '; without an upper end if that is unknown' : '';
  return figureMarkup(plot, {
    title: `${objective} by load`,
    label: `${objective} by load in ${unit}`,
    caption: [
      legendLine([
        key('good', 'holds (●)'),
        key('bad', 'missed (×)'),
        key('wait', 'unclear (◆)'),
        key('limit', 'limit'),
      ]),
      markup`${marks}Bars: 95 % intervals${openEnds}. Shaded: the 95 % interval of the highest load. Both axes are logarithmic.`,
    ],
    panels: [{ name: '', options: (layout) => optionsOf(plot, chart, layout) }],
    readings: chart.points.map(({ load, value, from, upper, requests, ...point }) => ({
      x: load,
      heading: `${loadNumber(found.by, load)} ${unit}: ${verdictText(point)}`,
      values: [
        [objective.replace(/<.*/, ''), timeText(value)],
        ['95 % interval', valueRangeText(from, upper)],
        ['requests', whole(requests)],
      ],
    })),
  });
}

/** @returns null without two loads at which the objective has a value */
function objectiveChart(
  objective: string,
  index: number,
  { points, lower, upper }: FindMax,
  unit: string,
): ObjectiveChart | null {
  const known = points.flatMap(({ load, promises, verdict, overloaded, requests }): JudgedPoint[] => {
    const at = promises[index];
    const value = at?.value_ms ?? null;
    if (value === null || value <= 0) return [];
    const from = Math.max(at?.value_lower_ms ?? value, value / 100);
    const upper = at?.value_upper_ms ?? null;
    return [{ load, value, from, upper, to: upper ?? value, verdict, overloaded, requests }];
  });
  const [first, last] = [known[0]?.load, known.at(-1)?.load];
  if (first === undefined || last === undefined || first === last) return null;
  const inside = (load: number): number => Math.min(last, Math.max(first, load));
  const band = lower === null || upper === null ? [] : [{ x1: inside(lower), x2: inside(upper) }];
  return { points: known, ends: [first, last], band, limitMs: parseObjective(objective).belowMs, unit };
}

function optionsOf(plot: PlotLibrary, chart: ObjectiveChart, { type: layout }: Layout): PlotOptions {
  const { points, ends, limitMs, unit } = chart;
  const times = logTimeAxis([limitMs, ...points.flatMap(({ from, to }) => [from, to])]);
  return {
    height: layout === 'wide' ? 300 : 240,
    marginLeft: 60,
    marginBottom: 40,
    marginRight: 24,
    x: {
      type: 'log',
      domain: [ends[0] / 1.05, ends[1] * 1.05],
      ticks: layout === 'wide' ? 8 : 4,
      tickFormat: (load: number) => String(Number(load.toPrecision(3))),
      tickSize: 3,
      label: unit,
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: times.scale,
    color: { type: 'identity' },
    marks: [
      plot.rectX(chart.band, { x1: 'x1', x2: 'x2', fill: 'var(--first)', fillOpacity: 0.16 }),
      plot.gridY(times.ticks, { stroke: 'var(--rule)', strokeOpacity: 1 }),
      ...limitMarks(plot, limitMs),
      plot.lineY(points, { x: 'load', y: 'value', stroke: 'var(--dim)', strokeWidth: 1 }),
      ...verdictMarks(plot, points),
    ],
  };
}

function limitMarks(plot: PlotLibrary, limitMs: number): readonly Markish[] {
  return [
    plot.ruleY([limitMs], { stroke: 'var(--limit)', strokeDasharray: '5 3', strokeWidth: 1.5 }),
    plot.text([tickText(limitMs)], {
      // At the left, values are usually far below it.
      frameAnchor: 'left',
      dx: 4,
      y: () => limitMs,
      text: (text: string) => text,
      dy: -8,
      fill: 'var(--limit)',
      fontWeight: 600,
    }),
  ];
}

function verdictMarks(plot: PlotLibrary, points: readonly JudgedPoint[]): readonly Markish[] {
  return (['holds', 'breaks', 'unclear'] as const).flatMap((verdict) => {
    const { colour, symbol } = verdicts[verdict];
    const own = points.filter((each) => each.verdict === verdict);
    return [
      plot.ruleX(own, { x: 'load', y1: 'from', y2: 'to', stroke: colour, strokeWidth: 1.5 }),
      plot.dot(own, {
        x: 'load',
        y: 'value',
        symbol,
        r: 4.5,
        strokeWidth: 2,
        ...(symbol === 'times' ? { stroke: colour } : { fill: colour, stroke: 'var(--paper)' }),
      }),
    ];
  });
}
