import type { ComparedRow } from '../../../compare/comparison.js';
import { wholeSettingText } from '../../../measurement/setting-text.js';
import { intervalText, limitText, ratioText, valueText, verdictText } from '../../compare/words.js';
import { Markup, markup } from '../../text/markup.js';
import type { PlotLibrary } from '../plot/draw.js';
import { figureMarkup } from '../plot/figure.js';
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

/** Every figure as its ratio of candidate to baseline, with its interval against what is allowed. */
export function intervalsFigure(plot: PlotLibrary, title: string, rows: readonly ComparedRow[]): Markup {
  const known = rows.filter(({ ratio, interval }) => ratio !== null && ratio > 0 && interval !== null);
  if (known.length === 0) return new Markup('');
  const bounded = (ratio: number): number => Math.min(farthest, Math.max(1 / farthest, ratio));
  const drawn = known.map((each, row): DrawnRow => {
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
  const several = new Set(known.map(({ settings }) => wholeSettingText(settings))).size > 1;
  const label = (row: number, isWide: boolean): string => {
    const each = known[row];
    if (each === undefined) return '';
    const setting = several ? ` at ${shortSetting(each)}` : '';
    return isWide ? `${each.metric.id}${setting}` : `${each.metric.id.replace('_per_second', '/s')}${setting}`;
  };
  const ends = [...drawn.flatMap(({ lower, upper }) => [lower, upper]), ...limits.map(({ limit }) => limit), 1];
  const domain: readonly [number, number] = [Math.min(...ends) / 1.03, Math.max(...ends) * 1.03];
  return figureMarkup(plot, {
    title,
    label: `${title}: ratios of candidate to baseline with their 95 % intervals`,
    caption: [
      legendLine([
        ...(limits.length > 0
          ? [
              key('bad', 'regression (×)'),
              key('wait', 'inconclusive (◆)'),
              key('good', 'pass (●)'),
              key('limit', 'limit'),
            ]
          : [key('bad', 'worse (×)'), key('good', 'better (●)')]),
      ]),
      markup`Candidate ÷ baseline, logarithmic. Bars: 95 % intervals. Lower is better for latencies, higher for rates.${several ? ` ${shortSettingMeaning(known)}` : ''}`,
    ],
    panels: [
      {
        name: '',
        options: (layout) => ({
          height: known.length * rowHeight + 46,
          marginLeft: labelWidth[layout.type],
          marginRight: layout.type === 'wide' ? 110 : 16,
          marginTop: 6,
          marginBottom: 30,
          x: {
            type: 'log',
            domain,
            ticks: ticksIn(domain, layout.type === 'wide' ? 0.08 : 0.2),
            tickFormat: (ratio: number) => String(ratio),
            tickSize: 3,
            label: null,
          },
          y: { domain: drawn.map(({ row }) => row), label: null, padding: 0.2 },
          color: { type: 'identity' },
          marks: [
            plot.axisY({
              tickSize: 0,
              tickFormat: (row: number) => label(row, layout.type === 'wide'),
              lineWidth: layout.type === 'wide' ? 22 : 10,
            }),
            plot.gridX(ticksIn(domain, layout.type === 'wide' ? 0.08 : 0.2), {
              stroke: 'var(--rule)',
              strokeOpacity: 1,
            }),
            plot.ruleX([1], { stroke: 'var(--ink)', strokeWidth: 1 }),
            plot.tickX(limits, {
              x: 'limit',
              y: 'row',
              stroke: 'var(--limit)',
              strokeWidth: 2,
              strokeDasharray: '4 2',
            }),
            plot.ruleY(drawn, {
              y: 'row',
              x1: 'lower',
              x2: 'upper',
              stroke: 'colour',
              strokeWidth: 3,
              strokeLinecap: 'round',
              strokeOpacity: 0.55,
            }),
            ...[...new Set(drawn.map(({ symbol }) => symbol))].map((symbol) =>
              plot.dot(
                drawn.filter((each) => each.symbol === symbol),
                { x: 'ratio', y: 'row', r: 4.5, strokeWidth: 2, ...shapeOf(symbol) },
              ),
            ),
            ...(layout.type === 'wide'
              ? [
                  plot.text(drawn, {
                    y: 'row',
                    text: 'verdict',
                    frameAnchor: 'right',
                    textAnchor: 'start',
                    dx: 10,
                    fill: 'colour',
                    fontWeight: 600,
                  }),
                ]
              : []),
          ],
        }),
      },
    ],
    readings: known.map((each, row) => ({
      x: drawn[row]?.ratio ?? 1,
      at: { panel: 0, scale: 'y', value: row } as const,
      heading: label(row, true),
      values: [
        ['verdict', verdictText(each)],
        ['baseline', valueText(each.baseline, each.metric)],
        ['candidate', valueText(each.candidate, each.metric)],
        ['ratio', ratioText(each.ratio, 3)],
        ['95 % interval', intervalText(each.interval, 3)],
        ...(each.judgement.type === 'gated' ? [['allowed', limitText(each.judgement.threshold)] as const] : []),
      ],
    })),
  });
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
