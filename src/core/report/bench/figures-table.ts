import Table from 'cli-table3';
import { borderless } from '../text/borderless-table.js';
import type { BenchResult } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/summarise.js';
import { columnsOf } from './columns.js';
import { isRecommended } from '../../measurement/setting-text.js';
import { padStart, painter, type ReportStyle, widthOf } from '../text/style.js';
import { type Group, type LaidOutColumn, layOut } from './table-layout.js';

/** Marks the recommended setting, in every part of a report. */
export const recommendedMark = '▸';

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

/** One setting alone is no choice, so it is not marked. */
export function isMarked(result: BenchResult, summaries: readonly SettingSummary[], summary: SettingSummary): boolean {
  return summaries.length > 1 && isRecommended(result, summary);
}

/** Over several columns a title stands in the middle, over one it is aligned with the figures. */
function titled({ title, columns, lead, width }: Group): string {
  const free = width - widthOf(title);
  const after = columns.length > 1 ? Math.floor(free / 2) : 0;
  return padStart(title + ' '.repeat(after), lead + width);
}
