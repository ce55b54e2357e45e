import Table from 'cli-table3';
import { borderless } from '../text/borderless-table.js';
import type { BenchResult } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/summarise.js';
import { type Column, columnsOf } from './columns.js';
import { padStart, painter, type ReportStyle, widthOf } from '../text/style.js';
import { isMarked, recommendedMark } from './row-labels.js';

/** Room for the mark and a space before each line. */
const margin = 2;

/** The main table: one row per setting, in columns under common titles, no wider than the style allows. */
export function figuresTable(
  result: BenchResult,
  summaries: readonly SettingSummary[],
  style: ReportStyle,
): readonly string[] {
  const paint = painter(style);
  const groups = layOut(columnsOf(result, summaries), style.width - margin);
  const columns = groups.flatMap((group) => group.columns);
  const table = new Table({
    chars: borderless,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colWidths: columns.map(({ width }) => width),
  });
  const across = (content: (group: Group) => string): void => {
    table.push(groups.map((group) => ({ content: content(group), colSpan: group.columns.length })));
  };
  const row = (content: (column: LaidOutColumn) => string, paintCell: (text: string) => string): void => {
    table.push(columns.map((column) => paintCell(padStart(content(column), column.width))));
  };

  across((group) => paint('bold', titled(group)));
  row(
    ({ heading }) => heading,
    (text) => paint('dim', text),
  );
  across(({ lead, width }) => paint('dim', ' '.repeat(lead) + '─'.repeat(width)));
  const marked = summaries.map((summary) => isMarked(result, summaries, summary));
  summaries.forEach((_, index) => {
    row(
      ({ cells }) => cells[index] ?? '',
      (text) => (marked[index] === true ? paint(['bold', 'green'], text) : text),
    );
  });
  const marks = [false, false, false, ...marked];
  return table
    .toString()
    .split('\n')
    .map((line, index) => `${marks[index] === true ? paint('green', recommendedMark) : ' '} ${line}`.trimEnd());
}

/** Over several columns a title stands in the middle, over one it is aligned with the figures. */
function titled({ title, columns, lead, width }: Group): string {
  const free = width - widthOf(title);
  const after = columns.length > 1 ? Math.floor(free / 2) : 0;
  return padStart(title + ' '.repeat(after), lead + width);
}

/** Columns under one title. */
export interface Group {
  readonly title: string;
  readonly columns: readonly LaidOutColumn[];
  /** Without the space before it. */
  readonly width: number;
  /** Spaces before it. */
  readonly lead: number;
}

export interface LaidOutColumn extends Column {
  /** With the spaces before it, but the one that the table itself puts between any two columns. */
  readonly width: number;
}

interface Gaps {
  readonly betweenColumns: number;
  readonly betweenGroups: number;
}

const wide: Gaps = { betweenColumns: 2, betweenGroups: 3 };
const narrow: Gaps = { betweenColumns: 1, betweenGroups: 2 };

/** Columns that are given up sooner than the air between the others. */
const dispensable = 8;

/**
 * Lays columns out within `room`, right-aligned. If there is too little room, first the dispensable ones go, then the air,
 * then one column after the other; those with `sacrifice` 0 stay even if they do not fit.
 */
export function layOut(columns: readonly Column[], room: number): readonly Group[] {
  const essential = columns.filter(({ sacrifice }) => sacrifice < dispensable);
  const attempts: readonly (readonly [readonly Column[], Gaps])[] = [
    [columns, wide],
    [essential, wide],
    [columns, narrow],
    ...ladder(essential).map((fewer) => [fewer, narrow] as const),
  ];
  const layouts = attempts.map(([fewer, gaps]) => grouped(fewer, gaps));
  return layouts.find((groups) => tableWidth(groups) <= room) ?? layouts.at(-1) ?? [];
}

/** All columns, then without the one that is missed least, and so on. */
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

/** Columns that stand under one title, together. */
export function neighboursOf(columns: readonly Column[]): readonly (readonly Column[])[] {
  const neighbours: Column[][] = [];
  for (const column of columns) {
    const last = neighbours.at(-1);
    if (column.group !== '' && last?.[0]?.group === column.group) last.push(column);
    else neighbours.push([column]);
  }
  return neighbours;
}

function grouped(columns: readonly Column[], gaps: Gaps): readonly Group[] {
  return neighboursOf(columns).map((neighbours, index) =>
    groupOf(neighbours, index === 0 ? 0 : gaps.betweenGroups - 1, gaps.betweenColumns - 1),
  );
}

function groupOf(columns: readonly Column[], lead: number, inner: number): Group {
  const title = columns[0]?.group ?? '';
  const widths = columns.map(({ heading, cells }, index) => {
    const content = Math.max(widthOf(heading), ...cells.map(widthOf));
    return content + (index === 0 ? 0 : inner);
  });
  const natural = widths.reduce((total, width) => total + width, columns.length - 1);
  // What a long title needs beyond its columns goes before the first of them.
  const missing = Math.max(0, widthOf(title) - natural);
  return {
    title,
    lead,
    width: natural + missing,
    columns: columns.map((column, index) => ({
      ...column,
      width: (widths[index] ?? 0) + (index === 0 ? lead + missing : 0),
    })),
  };
}

function tableWidth(groups: readonly Group[]): number {
  return groups.reduce((total, { lead, width }) => total + lead + width + 1, -1);
}
