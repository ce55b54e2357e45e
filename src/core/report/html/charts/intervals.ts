import type { Markish, PlotOptions } from '@observablehq/plot';
import type { ComparedRow } from '../../../compare/comparison.js';
import { wholeSettingText } from '../../../measurement/settings/setting-text.js';
import { intervalText, limitText, ratioText, valueText, verdictText } from '../../compare/words.js';
import { Markup, markup } from '../../text/markup.js';
import type { PlotLibrary } from '../plot/draw.js';
import { figureMarkup, type Layout, type Reading } from '../plot/figure.js';
import { key, legendLine } from './legend.js';

const colours: Readonly<Record<string, string>> = {
  regression: 'var(--bad)',
  worse: 'var(--bad)',
  inconclusive: 'var(--wait)',
  pass: 'var(--good)',
  improvement: 'var(--good)',
  better: 'var(--good)',
};

const symbols: Readonly<Record<string, string>> = { regression: 'times', worse: 'times', inconclusive: 'diamond' };

const labelWidth = { wide: 250, narrow: 116 } as const;
const rowHeight = 26;

/** Round ratios; those that are left out where there is little room come last. */
const ratioTicks = [
  1, 0.5, 2, 0.2, 5, 0.1, 10, 0.8, 1.25, 0.9, 1.1, 0.7, 1.5, 0.95, 1.05, 0.6, 0.85, 1.15, 0.75, 1.2,
] as const;

/** A chart further than this from 1 shows nothing any more. */
const farthest = 10;

interface DrawnRow {
  readonly row: number;
  readonly ratio: number;
  readonly lower: number;
  readonly upper: number;
  readonly colour: string;
  readonly symbol: string;
  readonly verdict: string;
}

/** What the picture is drawn from. */
interface DrawnIntervals {
  readonly rows: readonly DrawnRow[];
  readonly limits: readonly { readonly row: number; readonly limit: number }[];
  /** The ends of the axis. */
  readonly domain: readonly [number, number];
  readonly label: (row: number, isWide: boolean) => string;
}

/** Every figure as its ratio of candidate to baseline, with its interval against what is allowed. */
export function intervalsFigure(plot: PlotLibrary, title: string, rows: readonly ComparedRow[]): Markup {
  const known = rows.filter(({ ratio, interval }) => ratio !== null && ratio > 0 && interval !== null);
  if (known.length === 0) return new Markup('');
  const namesSettings = new Set(known.map(({ settings }) => wholeSettingText(settings))).size > 1;
  const drawn = drawnIntervals(known, namesSettings);
  return figureMarkup(plot, {
    title,
    label: `${title}: ratios of candidate to baseline with their 95 % intervals`,
    caption: [
      legendLine(
        drawn.limits.length > 0
          ? [
              key('bad', 'regression (×)'),
              key('wait', 'inconclusive (◆)'),
              key('good', 'pass (●)'),
              key('limit', 'limit'),
            ]
          : [key('bad', 'worse (×)'), key('good', 'better (●)')],
      ),
      markup`Candidate ÷ baseline, logarithmic. Bars: 95 % intervals. Lower is better for latencies, higher for rates.${namesSettings ? ` ${shortSettingMeaning(known)}` : ''}`,
    ],
    panels: [{ name: '', options: (layout) => optionsOf(plot, drawn, layout) }],
    readings: known.map((each, row): Reading => ({
      x: drawn.rows[row]?.ratio ?? 1,
      at: { panel: 0, scale: 'y', value: row },
      heading: drawn.label(row, true),
      values: valuesOf(each),
    })),
  });
}

function drawnIntervals(known: readonly ComparedRow[], namesSettings: boolean): DrawnIntervals {
  const rows = known.map((each, row): DrawnRow => {
    const verdict = verdictText(each);
    return {
      row,
      ratio: bounded(each.ratio ?? 1),
      lower: bounded(each.interval?.lower ?? 1),
      upper: bounded(each.interval?.upper ?? 1),
      colour: colours[verdict] ?? 'var(--dim)',
      symbol: symbols[verdict] ?? 'circle',
      verdict,
    };
  });
  const limits = known.flatMap(({ judgement }, row) =>
    judgement.type === 'gated' ? [{ row, limit: bounded(judgement.threshold.limit) }] : [],
  );
  const ends = [...rows.flatMap(({ lower, upper }) => [lower, upper]), ...limits.map(({ limit }) => limit), 1];
  return {
    rows,
    limits,
    domain: [Math.min(...ends) / 1.03, Math.max(...ends) * 1.03],
    label: (row, isWide) => {
      const each = known[row];
      if (each === undefined) return '';
      const setting = namesSettings ? ` at ${shortSetting(each)}` : '';
      return `${isWide ? each.metric.id : each.metric.id.replace('_per_second', '/s')}${setting}`;
    },
  };
}

function bounded(ratio: number): number {
  return Math.min(farthest, Math.max(1 / farthest, ratio));
}

function optionsOf(plot: PlotLibrary, drawn: DrawnIntervals, { type: layout }: Layout): PlotOptions {
  const { rows, domain, label } = drawn;
  const isWide = layout === 'wide';
  const ticks = ticksIn(domain, isWide ? 0.08 : 0.2);
  return {
    height: rows.length * rowHeight + 46,
    marginLeft: labelWidth[layout],
    marginRight: isWide ? 110 : 16,
    marginTop: 6,
    marginBottom: 30,
    x: { type: 'log', domain, ticks, tickFormat: (ratio: number) => String(ratio), tickSize: 3, label: null },
    y: { domain: rows.map(({ row }) => row), label: null, padding: 0.2 },
    color: { type: 'identity' },
    marks: [
      plot.axisY({ tickSize: 0, tickFormat: (row: number) => label(row, isWide), lineWidth: isWide ? 22 : 10 }),
      plot.gridX(ticks, { stroke: 'var(--rule)', strokeOpacity: 1 }),
      plot.ruleX([1], { stroke: 'var(--ink)', strokeWidth: 1 }),
      ...rowMarks(plot, drawn),
      ...(isWide ? [verdictNames(plot, rows)] : []),
    ],
  };
}

/** The limits, the intervals, and a symbol at each ratio. */
function rowMarks(plot: PlotLibrary, { rows, limits }: DrawnIntervals): readonly Markish[] {
  return [
    plot.tickX(limits, { x: 'limit', y: 'row', stroke: 'var(--limit)', strokeWidth: 2, strokeDasharray: '4 2' }),
    plot.ruleY(rows, {
      y: 'row',
      x1: 'lower',
      x2: 'upper',
      stroke: 'colour',
      strokeWidth: 3,
      strokeLinecap: 'round',
      strokeOpacity: 0.55,
    }),
    ...[...new Set(rows.map(({ symbol }) => symbol))].map((symbol) =>
      plot.dot(
        rows.filter((each) => each.symbol === symbol),
        { x: 'ratio', y: 'row', r: 4.5, strokeWidth: 2, ...shapeOf(symbol) },
      ),
    ),
  ];
}

function verdictNames(plot: PlotLibrary, rows: readonly DrawnRow[]): Markish {
  return plot.text(rows, {
    y: 'row',
    text: 'verdict',
    frameAnchor: 'right',
    textAnchor: 'start',
    dx: 10,
    fill: 'colour',
    fontWeight: 600,
  });
}

function valuesOf(row: ComparedRow): Reading['values'] {
  return [
    ['verdict', verdictText(row)],
    ['baseline', valueText(row.baseline, row.metric)],
    ['candidate', valueText(row.candidate, row.metric)],
    ['ratio', ratioText(row.ratio, 3)],
    ['95 % interval', intervalText(row.interval, 3)],
    ...(row.judgement.type === 'gated' ? [['allowed', limitText(row.judgement.threshold)] as const] : []),
  ];
}

/** Those in the domain that are as far apart as the labels need. @param share of the axis */
function ticksIn([from, to]: readonly [number, number], share: number): readonly number[] {
  const least = share * Math.log(to / from);
  return ratioTicks
    .filter((tick) => tick >= from && tick <= to)
    .reduce<number[]>(
      (shown, tick) => (shown.every((other) => Math.abs(Math.log(other / tick)) >= least) ? [...shown, tick] : shown),
      [],
    )
    .sort((one, other) => one - other);
}

function shapeOf(symbol: string) {
  if (symbol === 'times') return { symbol: 'times', stroke: 'colour' } as const;
  return { symbol: symbol === 'diamond' ? 'diamond' : 'circle', fill: 'colour', stroke: 'var(--paper)' } as const;
}

/** What the letters of {@link shortSetting} stand for. */
function shortSettingMeaning(rows: readonly ComparedRow[]): string {
  const letters = [
    ...(rows.some(({ settings: { rate } }) => rate === null) ? ['c: clients'] : []),
    ...(rows.some(({ settings }) => settings.max_concurrency !== null) ? ['n: max-concurrency'] : []),
  ];
  return letters.length === 0 ? '' : `Settings: ${letters.join(', ')}.`;
}

function shortSetting({ settings: { concurrency, max_concurrency: maxConcurrency, rate } }: ComparedRow): string {
  const load = rate === null ? [`c${concurrency ?? '?'}`] : [`${rate}/s`];
  return [...load, ...(maxConcurrency === null ? [] : [`n${maxConcurrency}`])].join(' ');
}
