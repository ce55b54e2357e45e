import {
  type ComparedRow,
  type Comparison,
  gatedRows,
  isGated,
  type OverallVerdict,
} from '../../compare/comparison.js';
import { dimensionsOf, settingValue } from '../../measurement/settings/setting-text.js';
import { targetItems } from '../text/description.js';
import { oneLine } from '../text/escape.js';
import { padEnd, type Paint, painter, type ReportStyle, wrap } from '../text/style.js';
import { borderlessTable, type DrawnTable, type TableColumn } from '../text/table.js';
import { conclusionOf } from './conclusion.js';
import { type FigureColumn, figureColumns, limitColumn } from './figure-columns.js';
import { differencesText, howMeasured, modelsText, settingsBeside, unmatchedTexts, verdictText } from './words.js';

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

/** Room for "Candidate" and two spaces. */
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
  return marked([...comparison.notes, ...unmatchedTexts(comparison), ...differencesText(comparison)], style);
}

/** Each with the mark of a warning. */
function marked(notes: readonly string[], style: ReportStyle): readonly string[] {
  const paint = painter(style);
  return notes.flatMap((note) =>
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
  const sentences = conclusionOf(comparison).flatMap((sentence, index) =>
    wrap(sentence, style.width, '  ').map((line, lineIndex) =>
      index === 0 && lineIndex === 0 ? paint(verdictColours[comparison.verdict], line) : line,
    ),
  );
  return [...marked(modelsText(comparison), style), ...sentences];
}

type Format = Parameters<Paint>[0];

interface Column {
  /** Two lines. */
  readonly heading: readonly [string, string];
  readonly cells: readonly string[];
  readonly align: TableColumn['align'];
}

/**
 * What is dropped where there is no room, in this order: decimals, space, the column with the limits. A table library
 * could only cut or wrap what does not fit, so several tables are tried.
 */
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

/** One line per figure, no wider than the style allows if possible. */
function comparisonTable(rows: readonly ComparedRow[], style: ReportStyle): readonly string[] {
  if (rows.length === 0) return [];
  let lines: readonly string[] = [];
  for (const layout of layouts) {
    const table = drawn(rows, layout, painter(style));
    lines = table.lines;
    if (table.width <= style.width) break;
  }
  return lines;
}

function drawn(rows: readonly ComparedRow[], layout: Layout, paint: Paint): DrawnTable {
  const columns = columnsOf(rows, layout);
  const headings = ([0, 1] as const)
    .map((line) => columns.map(({ heading }) => paint('dim', heading[line])))
    .filter((cells) => cells.some((cell) => cell !== ''));
  const body = rows.map(({ judgement }, row) => {
    const result = judgement.type === 'gated' ? judgement.outcome.verdict : judgement.tendency;
    const cells = columns.map(({ cells }) => cells[row] ?? '');
    const verdict = cells.pop() ?? '';
    return [paint(colours[result], marks[result]), ...cells, paint(colours[result], verdict)];
  });
  return borderlessTable(
    [...headings.map((cells) => [' ', ...cells]), ...body],
    [{ align: 'left', gap: 0 }, ...columns.map(({ align }, index) => ({ align, gap: index === 0 ? 1 : layout.gap }))],
  );
}

/** The columns of the table; the last is the verdict. */
function columnsOf(rows: readonly ComparedRow[], { decimals, limits }: Layout): readonly Column[] {
  const several = new Set(rows.map(({ settings }) => JSON.stringify(settings))).size > 1;
  const dimensions = several ? dimensionsOf(rows.map(({ settings }) => settings)) : [];
  const column = ({ heading, text }: FigureColumn, align: Column['align'] = 'right'): Column => ({
    // What it is 95 % of has no room.
    heading: ['', heading.replace(' interval', '')],
    cells: rows.map(text),
    align,
  });
  return [
    ...dimensions.map((dimension) => ({
      heading: dimension.heading,
      cells: rows.map(({ settings }) => settingValue(settings, dimension)),
      align: 'right' as const,
    })),
    column({ heading: 'metric', text: ({ metric }) => metric.id }, 'left'),
    ...figureColumns(decimals).map((each) => column(each)),
    ...(limits && rows.some(isGated) ? [column(limitColumn)] : []),
    column({ heading: 'verdict', text: verdictText }, 'left'),
  ];
}
