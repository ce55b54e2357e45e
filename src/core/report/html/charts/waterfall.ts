import { timeText } from '../../../measurement/numbers.js';
import type { BenchResult } from '../../../measurement/result-schema.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { totalMs, type WaterfallPart, waterfallsOf } from '../../bench/latency/waterfall.js';
import { chartLabels } from '../../bench/row-labels.js';
import { Markup, markup } from '../../text/markup.js';
import type { PlotLibrary } from '../plot/draw.js';
import { figureMarkup } from '../plot/figure.js';
import { type ColourName, key, legendLine } from './legend.js';

const colours = {
  'client wait': 'client',
  'queue wait': 'wait',
  prefill: 'prefill',
  delivery: 'delivery',
} as const satisfies Record<WaterfallPart, ColourName>;

const labelWidth = { wide: 170, narrow: 60 } as const;

/** Mean TTFT as a stacked bar of its parts per setting; empty if they are not known. */
export function waterfallFigure(plot: PlotLibrary, result: BenchResult, summaries: readonly SettingSummary[]): Markup {
  const waterfalls = waterfallsOf(summaries);
  if (waterfalls === null) return new Markup('');
  const { texts: labels, shortTexts } = chartLabels(result, summaries);
  const rows = waterfalls.rows.map((parts, index) => ({ row: index, parts }));
  const bars = rows.flatMap(({ row, parts }) =>
    waterfalls.parts.map(({ part }) => ({ row, ms: parts?.[part] ?? 0, colour: `var(--${colours[part]})` })),
  );
  const totals = rows.map(({ row, parts }) => ({
    row,
    ms: parts === null ? 0 : totalMs(parts),
    text: parts === null ? 'queue wait not known' : timeText(totalMs(parts)),
  }));
  return figureMarkup(plot, {
    title: 'Where TTFT goes',
    label: 'Parts of the mean time to first token by setting',
    caption: [
      legendLine(waterfalls.parts.map(({ part, name }) => key(colours[part], name))),
      markup`Means, because only means add up.`,
    ],
    panels: [
      {
        name: '',
        options: (layout) => ({
          height: rows.length * 30 + 8,
          marginLeft: labelWidth[layout.type],
          marginRight: 76,
          marginTop: 2,
          marginBottom: 4,
          x: { axis: null, domain: [0, waterfalls.longestMs] },
          y: {
            label: null,
            tickSize: 0,
            domain: rows.map(({ row }) => row),
            padding: 0.28,
          },
          marks: [
            plot.axisY({
              lineWidth: layout.type === 'wide' ? 14 : 6,
              tickSize: 0,
              tickFormat: (row: number) => (layout.type === 'wide' ? labels : shortTexts)[row] ?? '',
            }),
            plot.barX(bars, plot.stackX({ y: 'row', x: 'ms', fill: 'colour' })),
            plot.text(totals, { y: 'row', x: 'ms', text: 'text', textAnchor: 'start', dx: 6 }),
          ],
          color: { type: 'identity' },
        }),
      },
    ],
    readings: rows.flatMap(({ row, parts }) =>
      parts === null
        ? []
        : [
            {
              x: totalMs(parts),
              at: { panel: 0, scale: 'y', value: row } as const,
              heading: labels[row] ?? '',
              values: [
                ...waterfalls.parts.map(({ part, name }) => [name, timeText(parts[part] ?? 0)] as const),
                ['together', timeText(totalMs(parts))] as const,
              ],
            },
          ],
    ),
  });
}
