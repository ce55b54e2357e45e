import { targetItems } from '../text/description.js';
import { oneLine } from '../text/escape.js';
import { padEnd, padStart, type Paint, painter, type ReportStyle, widthOf, wrap } from '../text/style.js';
import { type ComparedRow, type Comparison, gatedRows, type OverallVerdict } from '../../compare/comparison.js';
import { conclusionOf } from './conclusion.js';
import {
  differencesText,
  howMeasured,
  intervalText,
  limitText,
  ratioText,
  settingsBeside,
  unmatchedTexts,
  valueText,
  verdictText,
} from './words.js';
import Table from 'cli-table3';
import { borderless } from '../text/borderless-table.js';
import { dimensionsOf, settingValue } from '../../measurement/setting-text.js';

/** What `compare` prints on a terminal: sections with an empty line between them, without a line feed at the end. */
export function renderComparison(comparison: Comparison, style: ReportStyle): string {
  const gated = gatedRows(comparison);
  const rows = gated.length > 0 ? gated : comparison.rows;
  const sections = [
    header(comparison, style),
    remarks(comparison, style),
    comparisonTable(rows, style),
    conclusion(comparison, style),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** Room for "Candidate" and some air. */
const indent = 11;

function header(comparison: Comparison, style: ReportStyle): readonly string[] {
  const paint = painter(style);
  const side = (word: string, { name, target }: Comparison['baseline']): readonly string[] => {
    const lines = wrap(oneLine([name, ...targetItems(target)].join(' · ')), style.width - indent);
    return lines.map((line, index) => padEnd(index === 0 ? paint('bold', word) : '', indent) + line);
  };
  const below = [howMeasured(comparison), settingsBeside(comparison)].filter((item) => item !== '').join(' · ');
  return [
    ...side('Baseline', comparison.baseline),
    ...side('Candidate', comparison.candidate),
    ...wrap(below, style.width).map((line) => paint('dim', line)),
  ];
}

function remarks(comparison: Comparison, style: ReportStyle): readonly string[] {
  const paint = painter(style);
  return [...comparison.notes, ...unmatchedTexts(comparison), ...differencesText(comparison)].flatMap((note) =>
    wrap(oneLine(note), style.width - 2).map((line, index) => (index === 0 ? `${paint('yellow', '!')} ` : '  ') + line),
  );
}

const verdictColours: Readonly<Record<OverallVerdict, Parameters<Paint>[0]>> = {
  regression: ['bold', 'red'],
  inconclusive: ['bold', 'yellow'],
  pass: ['bold', 'green'],
  none: 'bold',
};

function conclusion(comparison: Comparison, style: ReportStyle): readonly string[] {
  const paint = painter(style);
  return conclusionOf(comparison).flatMap((sentence, index) =>
    wrap(sentence, style.width, '  ').map((line, lineIndex) =>
      index === 0 && lineIndex === 0 ? paint(verdictColours[comparison.verdict], line) : line,
    ),
  );
}

type Format = Parameters<Paint>[0];

interface Column {
  /** Two lines. */
  readonly heading: readonly [string, string];
  readonly cells: readonly string[];
  readonly isText?: boolean;
}

/** What is given up where there is no room, in this order: decimals, air, the column with the limits. */
const layouts = [
  { decimals: 3, gap: 2, limits: true },
  { decimals: 2, gap: 2, limits: true },
  { decimals: 2, gap: 1, limits: true },
  { decimals: 2, gap: 1, limits: false },
] as const;

type Layout = (typeof layouts)[number];

const marks = {
  regression: '✗',
  inconclusive: '?',
  pass: '✓',
  improvement: '✓',
  worse: ' ',
  better: ' ',
  unclear: ' ',
} as const;

const colours = {
  regression: ['bold', 'red'],
  inconclusive: 'yellow',
  pass: 'green',
  improvement: ['bold', 'green'],
  worse: 'red',
  better: 'green',
  unclear: 'reset',
} satisfies Record<string, Format>;

/** Room for the mark and a space before each line. */
const margin = 2;

/** One line per figure, without lines between columns, no wider than the style allows. */
export function comparisonTable(rows: readonly ComparedRow[], style: ReportStyle): readonly string[] {
  const attempts = layouts.map((layout) => ({ layout, columns: columnsOf(rows, layout) }));
  const fitting = attempts.find(({ layout, columns }) => totalWidth(columns, layout) <= style.width - margin);
  const { layout, columns } = fitting ?? attempts.at(-1) ?? { layout: layouts[0], columns: [] };
  const widths = columns.map(widthOfColumn);
  const line = (cellOf: (column: Column) => string): string[] =>
    columns.map((column, index) => {
      const width = (widths[index] ?? 0) + (index === 0 ? 0 : layout.gap - 1);
      const text = cellOf(column);
      return column.isText === true ? padStart(padEnd(text, widths[index] ?? 0), width) : padStart(text, width);
    });
  const paint = painter(style);
  const table = new Table({
    chars: borderless,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  const first = line(({ heading }) => heading[0]);
  const hasTwoLines = columns.some(({ heading }) => heading[0] !== '');
  if (hasTwoLines) table.push(first.map((cell) => paint('dim', cell)));
  table.push(line(({ heading }) => heading[1]).map((cell) => paint('dim', cell)));
  const results = rows.map(({ judgement }) =>
    judgement.type === 'gated' ? judgement.outcome.verdict : judgement.tendency,
  );
  rows.forEach((_, index) => {
    const cells = line(({ cells }) => cells[index] ?? '');
    const verdict = results[index] ?? 'unclear';
    table.push(cells.map((cell, place) => (place === cells.length - 1 ? paint(colours[verdict], cell) : cell)));
  });
  const heads = hasTwoLines ? 2 : 1;
  return table
    .toString()
    .split('\n')
    .map((text, index) => {
      const verdict = results[index - heads] ?? 'unclear';
      return `${index < heads ? ' ' : paint(colours[verdict], marks[verdict])} ${text}`.trimEnd();
    });
}

function columnsOf(rows: readonly ComparedRow[], { decimals, limits }: Layout): readonly Column[] {
  const several = new Set(rows.map(({ settings }) => JSON.stringify(settings))).size > 1;
  const dimensions = several ? dimensionsOf(rows.map(({ settings }) => settings)) : [];
  const column = (heading: string, cellOf: (row: ComparedRow) => string, isText = false): Column => ({
    heading: ['', heading],
    cells: rows.map(cellOf),
    isText,
  });
  const gated = rows.some(({ judgement }) => judgement.type === 'gated');
  return [
    ...dimensions.map((dimension) => ({
      heading: dimension.heading,
      cells: rows.map(({ settings }) => settingValue(settings, dimension)),
    })),
    column('metric', ({ metric }) => metric.id, true),
    column('baseline', ({ baseline, metric }) => valueText(baseline, metric)),
    column('candidate', ({ candidate, metric }) => valueText(candidate, metric)),
    column('ratio', ({ ratio }) => ratioText(ratio, decimals)),
    column('95 %', ({ interval }) => intervalText(interval, decimals)),
    ...(gated && limits
      ? [column('limit', ({ judgement }) => (judgement.type === 'gated' ? limitText(judgement.threshold) : ''))]
      : []),
    column('verdict', verdictText, true),
  ];
}

function widthOfColumn({ heading, cells }: Column): number {
  return Math.max(...heading.map(widthOf), ...cells.map(widthOf));
}

function totalWidth(columns: readonly Column[], { gap }: Layout): number {
  return columns.reduce((sum, column) => sum + widthOfColumn(column), gap * (columns.length - 1));
}
