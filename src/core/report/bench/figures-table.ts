import type { BenchResult } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/settings/summarise.js';
import { type Paint, painter, type ReportStyle } from '../text/style.js';
import { borderlessTable, type DrawnTable, type TableCell, type TableColumn } from '../text/table.js';
import { type Column, columnsOf } from './columns.js';
import { isMarked, recommendedMark } from './row-labels.js';

/** The main table: one row per setting, in columns under common titles, no wider than the style allows. */
export function figuresTable(
  result: BenchResult,
  summaries: readonly SettingSummary[],
  style: ReportStyle,
): FittedTable {
  const marked = summaries.map((summary) => isMarked(result, summaries, summary));
  return groupedTable(columnsOf(result, summaries), marked, style);
}

/** A table, and the columns for which it had no room. */
export interface FittedTable {
  readonly lines: readonly string[];
  readonly dropped: readonly Column[];
}

interface Gaps {
  readonly betweenColumns: number;
  readonly betweenGroups: number;
}

const wide: Gaps = { betweenColumns: 2, betweenGroups: 3 };
const narrow: Gaps = { betweenColumns: 1, betweenGroups: 2 };

/** Columns that are dropped before the space between the others. */
const dispensable = 8;

/**
 * Draws columns under the titles of their groups, as many as fit. If there is too little room, first the dispensable ones
 * go, then space between the others, then one column after the other; those with `sacrifice` 0 stay even if they do not
 * fit.
 *
 * A table library can cut or wrap cells that do not fit, but not drop whole columns, so several tables are tried. Nor
 * does it support rules under titles that span columns: they are cells, which need the widths of a table without them.
 *
 * @param marked for each row whether it is recommended
 */
export function groupedTable(columns: readonly Column[], marked: readonly boolean[], style: ReportStyle): FittedTable {
  const essential = columns.filter(({ sacrifice }) => sacrifice < dispensable);
  const attempts: readonly (readonly [readonly Column[], Gaps])[] = [
    [columns, wide],
    [essential, wide],
    [columns, narrow],
    ...ladder(essential).map((fewer) => [fewer, narrow] as const),
  ];
  let fitted: FittedTable = { lines: [], dropped: [] };
  for (const [fewer, gaps] of attempts) {
    const table = drawn(fewer, gaps, marked, painter(style));
    fitted = { lines: table.lines, dropped: columns.filter((column) => !fewer.includes(column)) };
    if (table.width <= style.width) break;
  }
  return fitted;
}

/** All columns, then all but the least important one, and so on. */
function ladder(columns: readonly Column[]): readonly (readonly Column[])[] {
  const rungs = [columns];
  const leaving = columns
    .filter(({ sacrifice }) => sacrifice > 0)
    .sort((one, other) => other.sacrifice - one.sacrifice);
  leaving.forEach((_, index) => {
    const gone = new Set(leaving.slice(0, index + 1));
    rungs.push(columns.filter((column) => !gone.has(column)));
  });
  return rungs;
}

/** Columns under a common title. */
export function neighboursOf(columns: readonly Column[]): readonly (readonly Column[])[] {
  const neighbours: Column[][] = [];
  for (const column of columns) {
    const last = neighbours.at(-1);
    if (column.group !== '' && last?.[0]?.group === column.group) last.push(column);
    else neighbours.push([column]);
  }
  return neighbours;
}

/**
 * ```text
 *             TTFT, ms       ← titles of groups
 *   clients   p50   p95      ← headings
 *   ───────  ──────────      ← rules
 * ▸       8   341   542      ← marked rows
 * ```
 */
function drawn(columns: readonly Column[], gaps: Gaps, marked: readonly boolean[], paint: Paint): DrawnTable {
  const groups = neighboursOf(columns);
  const layout: TableColumn[] = [{ align: 'left', gap: 0 }];
  const titles: TableCell[] = [''];
  for (const group of groups) {
    const text = paint('bold', group[0]?.group ?? '');
    titles.push({ text, columns: group.length, align: group.length > 1 ? 'center' : 'right' });
    group.forEach((_, index) => {
      const isFirst = layout.length === 1;
      layout.push({ align: 'right', gap: isFirst ? 1 : index > 0 ? gaps.betweenColumns : gaps.betweenGroups });
    });
  }
  const headings = [' ', ...columns.map(({ heading }) => paint('dim', heading))];
  const rows = marked.map((isRecommended, row) => {
    const cells = columns.map(({ cells }) => cells[row] ?? '');
    return isRecommended
      ? [paint('green', recommendedMark), ...cells.map((cell) => paint(['bold', 'green'], cell))]
      : [' ', ...cells];
  });
  const { columnWidths } = borderlessTable([titles, headings, ...rows], layout);
  let first = 1;
  const rules = groups.map((group): TableCell => {
    const [width = 0, ...more] = columnWidths.slice(first, first + group.length);
    first += group.length;
    const length = more.reduce((sum, each) => sum + gaps.betweenColumns + each, width);
    return { text: paint('dim', '─'.repeat(length)), columns: group.length, align: 'right' };
  });
  return borderlessTable([titles, headings, ['', ...rules], ...rows], layout);
}
