import type { Column } from './columns.js';
import { widthOf } from '../text/style.js';

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
