import Table from 'cli-table3';
import stringWidth from 'string-width';
import { graphemesOf, wrap } from './style.js';

export interface TableColumn {
  readonly align: 'left' | 'right';
  /** Spaces between this column and the one before it, at least 1; ignored for the first column. */
  readonly gap: number;
  /** In columns of the terminal; wider text is wrapped. By default as wide as the widest cell. */
  readonly width?: number;
}

/** A text, which may have colours, in one column or across several. */
export type TableCell = string | WideCell;

interface WideCell {
  readonly text: string;
  readonly columns: number;
  readonly align?: 'left' | 'center' | 'right';
  /** Spaces before it. */
  readonly indent?: number;
}

export interface DrawnTable {
  /** Without trailing spaces. */
  readonly lines: readonly string[];
  readonly width: number;
  /** The width of each column, without the gap before it. */
  readonly columnWidths: readonly number[];
}

/** No lines, and one space between columns, which cli-table3 assumes when it adds up the columns of a wide cell. */
const borderless = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: ' ' },
};

/**
 * Draws a table whose columns are separated by space alone. cli-table3 computes the widths of the columns, makes room for
 * cells across several of them, and aligns the cells.
 */
export function borderlessTable(rows: readonly (readonly TableCell[])[], columns: readonly TableColumn[]): DrawnTable {
  const gapBefore = (column: number): number => (column === 0 ? 0 : Math.max(0, (columns[column]?.gap ?? 1) - 1));
  const table = new Table({
    chars: borderless,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colWidths: columns.map(({ width }, column) => (width === undefined ? null : width + gapBefore(column))),
  });
  const disguise = new Disguise();
  for (const row of rows) {
    let column = 0;
    const cells = row.map((given) => {
      const cell: WideCell = typeof given === 'string' ? { text: given, columns: 1 } : given;
      const { text, columns: span, align = columns[column]?.align ?? 'left', indent = 0 } = cell;
      const spanned = columns.slice(column, column + span);
      const padding = gapBefore(column) + indent;
      column += span;
      return {
        content: disguise.on(wrapped(text, spanned, indent)),
        colSpan: span,
        hAlign: align,
        style: { 'padding-left': padding },
      };
    });
    table.push(cells);
  }
  const lines = disguise.off(table.toString()).split('\n');
  const outerWidths = table.options.colWidths.map((width) => width ?? 0);
  return {
    lines: lines.map((line) => line.trimEnd()),
    width: outerWidths.reduce((sum, width) => sum + width, columns.length - 1),
    columnWidths: outerWidths.map((width, column) => width - gapBefore(column)),
  };
}

/** Wraps text to the columns, if all of these have a width. cli-table3's own wrapping counts UTF-16 units. */
function wrapped(text: string, [first, ...more]: readonly TableColumn[], indent: number): string {
  const width = more.reduce((sum, column) => sum + column.gap + (column.width ?? Infinity), first?.width ?? Infinity);
  return Number.isFinite(width) ? wrap(text, width - indent).join('\n') : text;
}

/** Characters of the private use area: one for each disguised grapheme, and one that fills it up to its width. */
const firstStandIn = 0xe000;
const filler = '\uF8FF';

/**
 * Makes cli-table3 measure text as terminals do. Its own version of string-width, 4.2, counts emoji since 2020 as narrow
 * and combining marks outside Latin as characters of their own. So each grapheme that is not ASCII is replaced by
 * characters of the private use area, one for each column it takes, until the table is drawn.
 */
class Disguise {
  readonly #graphemes: string[] = [];

  on(text: string): string {
    return graphemesOf(text)
      .map((grapheme) => (/^\p{ASCII}*$/u.test(grapheme) ? grapheme : this.#standIn(grapheme)))
      .join('');
  }

  off(text: string): string {
    return text.replace(
      /([\uE000-\uF8FE])\uF8FF*/g,
      (_, standIn: string) => this.#graphemes[standIn.charCodeAt(0) - firstStandIn] ?? '',
    );
  }

  #standIn(grapheme: string): string {
    const width = stringWidth(grapheme);
    // A stand-in would give it a width.
    if (width === 0) return '';
    const known = this.#graphemes.indexOf(grapheme);
    const index = known === -1 ? this.#graphemes.push(grapheme) - 1 : known;
    return String.fromCharCode(firstStandIn + index) + filler.repeat(width - 1);
  }
}
