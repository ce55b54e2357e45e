import stringWidth from 'string-width';
import { orUnknown, significant, unitFor, unknown } from '../../../measurement/numbers.js';
import type { BenchResult } from '../../../measurement/result-schema.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { fill, padEnd, padStart, painter, type ReportStyle } from '../../text/style.js';
import { queueWaitSourceOf } from '../columns.js';
import { rowLabels } from '../row-labels.js';

const waterfallParts = ['client wait', 'queue wait', 'prefill', 'delivery'] as const;

export type WaterfallPart = (typeof waterfallParts)[number];

/**
 * Mean milliseconds of each part of the time to first token, from the intended start on. Means, because only means add
 * up: the p95 of the parts are not the parts of the p95.
 */
export type Waterfall = Readonly<Record<WaterfallPart, number | null>>;

export interface Waterfalls {
  /** The parts that are known for at least one setting, and their names. */
  readonly parts: readonly { readonly part: WaterfallPart; readonly name: string }[];
  /** One for each setting; null if its queue wait is unknown, without which TTFT cannot be split. */
  readonly rows: readonly (Waterfall | null)[];
  /** Above 0. */
  readonly longestMs: number;
}

/** Splits the mean TTFT of each setting into its parts; null if no setting can be split. */
export function waterfallsOf(summaries: readonly SettingSummary[]): Waterfalls | null {
  const rows = summaries.map(waterfallOf);
  const known = rows.filter((row) => row !== null);
  const longestMs = Math.max(0, ...known.map(totalMs));
  if (longestMs === 0) return null;
  const parts = waterfallParts.filter((part) => known.some((row) => row[part] !== null));
  const withDelivery = parts.includes('delivery') ? null : partWithDelivery(summaries);
  return {
    parts: parts.map((part) => ({ part, name: part === withDelivery ? `${part} and delivery` : part })),
    rows,
    longestMs,
  };
}

function waterfallOf({ metrics }: SettingSummary): Waterfall | null {
  const { ttft, client_wait: clientWait, queue_wait: queueWait, prefill, delivery } = metrics;
  if (ttft.mean === null || queueWait.mean === null) return null;
  return {
    'client wait': clientWait.mean,
    'queue wait': queueWait.mean,
    // If the server reports only the queue wait, prefill and delivery are known only together, as the rest.
    prefill: prefill.mean ?? Math.max(0, ttft.mean - queueWait.mean),
    delivery: prefill.mean === null ? null : delivery.mean,
  };
}

/** The part that contains delivery where delivery is unknown: the bound for the queue wait, or the rest. */
function partWithDelivery(summaries: readonly SettingSummary[]): WaterfallPart {
  return queueWaitSourceOf(summaries) === 'derived' ? 'queue wait' : 'prefill';
}

export function totalMs(waterfall: Waterfall): number {
  return waterfallParts.reduce((total, part) => total + (waterfall[part] ?? 0), 0);
}

const looks = {
  'client wait': { fill: '·', colour: 'magenta' },
  'queue wait': { fill: '░', colour: 'yellow' },
  prefill: { fill: '█', colour: 'cyan' },
  delivery: { fill: '▒', colour: 'blue' },
} as const satisfies Record<WaterfallPart, unknown>;

const shortestBar = 16;

/** The parts of the mean time to first token as one stacked bar per setting, with their figures; [] if none is known. */
export function waterfallBars(
  result: BenchResult,
  summaries: readonly SettingSummary[],
  style: ReportStyle,
): readonly string[] {
  const waterfalls = waterfallsOf(summaries);
  if (waterfalls === null) return [];
  const paint = painter(style);
  const labels = rowLabels(result, summaries, style);
  const unit = unitFor([waterfalls.longestMs]);
  const title = paint('bold', `Where TTFT goes, mean ${unit.name}`);
  const columns = figureColumns(waterfalls, unit.ms);
  const left = style.width - labels.width - 2;
  const room = left - columns.reduce((total, { width }) => total + 2 + width, 0);
  const bars = (width: number): readonly string[] =>
    waterfalls.rows.map((waterfall, index) => {
      const drawn = waterfall === null ? unknown : stacked(waterfall, waterfalls.longestMs, width, paint);
      return `${labels.rows[index] ?? ''}  ${padEnd(drawn, width)}`;
    });

  const headings = columns.map(({ part, heading, width }) => padStart(paint(looks[part].colour, heading), width));
  if (room < shortestBar) {
    // On a narrow terminal the bars are more useful than the figures.
    return [title, ...fill(headings, '  ', style.width), ...bars(Math.max(1, left))].map((line) => line.trimEnd());
  }
  const rows = bars(room).map((bar, index) =>
    [bar, ...columns.map(({ cells, width }) => padStart(cells[index] ?? '', width))].join('  '),
  );
  return [[padEnd(title, labels.width + 2 + room), ...headings].join('  '), ...rows];
}

interface FigureColumn {
  readonly part: WaterfallPart;
  /** Also serves as the legend. */
  readonly heading: string;
  readonly cells: readonly string[];
  readonly width: number;
}

function figureColumns({ parts, rows }: Waterfalls, unitMs: number): readonly FigureColumn[] {
  return parts.map(({ part, name }) => {
    const cells = rows.map((row) => orUnknown(row?.[part] ?? null, (ms) => significant(ms / unitMs)));
    const heading = `${looks[part].fill} ${name}`;
    return { part, heading, cells, width: Math.max(...[heading, ...cells].map((text) => stringWidth(text))) };
  });
}

/** Rounds each boundary on its own, so that bars of equal length stay equal whatever their parts are. */
function stacked(waterfall: Waterfall, longestMs: number, width: number, paint: ReturnType<typeof painter>): string {
  let ms = 0;
  let drawn = 0;
  let bar = '';
  for (const part of waterfallParts) {
    ms += waterfall[part] ?? 0;
    const end = Math.round((ms / longestMs) * width);
    bar += paint(looks[part].colour, looks[part].fill.repeat(Math.max(0, end - drawn)));
    drawn = Math.max(drawn, end);
  }
  // A bar of some milliseconds stays visible next to one of a minute.
  return bar === '' && totalMs(waterfall) > 0 ? paint('dim', '▏') : bar;
}
