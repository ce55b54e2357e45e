import type { PlotOptions } from '@observablehq/plot';
import { timeText } from '../../../measurement/numbers.js';
import type { BenchResult } from '../../../measurement/result-schema.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { totalMs, type WaterfallPart, type Waterfalls, waterfallsOf } from '../../bench/latency/waterfall.js';
import { chartLabels } from '../../bench/row-labels.js';
import { Markup, markup } from '../../text/markup.js';
import type { PlotLibrary } from '../plot/draw.js';
import { figureMarkup, type Layout, type Reading } from '../plot/figure.js';
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
  const labels = chartLabels(result, summaries);
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
        options: (layout) =>
          barOptions(plot, layout, waterfalls, layout.type === 'wide' ? labels.texts : labels.shortTexts),
      },
    ],
    readings: readingsOf(waterfalls, labels.texts),
  });
}

/** @param labels of the rows */
function barOptions(
  plot: PlotLibrary,
  { type }: Layout,
  { parts, rows, longestMs }: Waterfalls,
  labels: readonly string[],
): PlotOptions {
  const bars = rows.flatMap((row, index) =>
    parts.map(({ part }) => ({ row: index, ms: row?.[part] ?? 0, colour: `var(--${colours[part]})` })),
  );
  const totals = rows.map((row, index) => ({
    row: index,
    ms: row === null ? 0 : totalMs(row),
    text: row === null ? 'queue wait not known' : timeText(totalMs(row)),
  }));
  return {
    height: rows.length * 30 + 8,
    marginLeft: labelWidth[type],
    marginRight: 76,
    marginTop: 2,
    marginBottom: 4,
    x: { axis: null, domain: [0, longestMs] },
    y: { label: null, tickSize: 0, domain: [...rows.keys()], padding: 0.28 },
    marks: [
      plot.axisY({
        lineWidth: type === 'wide' ? 14 : 6,
        tickSize: 0,
        tickFormat: (row: number) => labels[row] ?? '',
      }),
      plot.barX(bars, plot.stackX({ y: 'row', x: 'ms', fill: 'colour' })),
      plot.text(totals, { y: 'row', x: 'ms', text: 'text', textAnchor: 'start', dx: 6 }),
    ],
    color: { type: 'identity' },
  };
}

/** What can be read of each row whose parts are known. */
function readingsOf({ parts, rows }: Waterfalls, labels: readonly string[]): readonly Reading[] {
  return rows.flatMap((row, index) => {
    if (row === null) return [];
    const together = timeText(totalMs(row));
    return [
      {
        x: totalMs(row),
        at: { panel: 0, scale: 'y', value: index },
        heading: labels[index] ?? '',
        values: [...parts.map(({ part, name }) => [name, timeText(row[part] ?? 0)] as const), ['together', together]],
      },
    ];
  });
}
