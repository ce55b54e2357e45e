import { type ComparedRow, type Comparison, isGated } from '../../compare/comparison.js';
import type { SeveralComparisons } from '../../compare/verdicts/compare-several.js';
import { plural } from '../../measurement/numbers.js';
import { wholeSettingText } from '../../measurement/settings/setting-text.js';
import { targetItems } from '../text/description.js';
import { escapedMarkdown, oneLine } from '../text/escape.js';
import type { TestSuite } from '../text/junit-xml.js';
import { padEnd, painter, type ReportStyle, wrap } from '../text/style.js';
import { borderlessTable } from '../text/table.js';
import { conclusionOf } from './conclusion.js';
import { comparisonJson } from './json.js';
import { comparisonSuites } from './junit.js';
import { comparisonMarkdown } from './markdown.js';
import { differencesText, intervalText, ratioText, rowName, unmatchedTexts, valueText } from './words.js';

/** One figure at one setting, with a row of each candidate that has it. */
interface SharedRow {
  readonly name: string;
  readonly baseline: string;
  readonly rows: readonly (ComparedRow | undefined)[];
}

const marks = { regression: '✗', inconclusive: '?', pass: '✓', improvement: '✓' } as const;

/** Columns are headed by letters, since names of files are long. */
function letterOf(index: number): string {
  return index < 26 ? String.fromCharCode('A'.charCodeAt(0) + index) : String(index + 1);
}

/** What `compare` prints for several candidates: a column for each. */
export function renderSeveral(several: SeveralComparisons, style: ReportStyle): string {
  const paint = painter(style);
  const { baseline, comparisons } = several;
  const side = (word: string, { name, target }: Comparison['baseline']): readonly string[] =>
    wrap(oneLine([name, ...targetItems(target)].join(' · ')), style.width - indent).map(
      (line, index) => padEnd(index === 0 ? paint('bold', word) : '', indent) + line,
    );
  const sections = [
    [
      ...side('Baseline', baseline),
      ...comparisons.flatMap(({ candidate }, index) => side(letterOf(index), candidate)),
      paint('dim', howAdjusted(several)),
    ],
    notesOf(several).flatMap((note) =>
      wrap(oneLine(note), style.width - 2).map(
        (line, index) => (index === 0 ? `${paint('yellow', '!')} ` : '  ') + line,
      ),
    ),
    severalTable(several),
    comparisons.flatMap((comparison, index) =>
      wrap(`${letterOf(index)}  ${conclusionOf(comparison).join(' ')}`, style.width, '   '),
    ),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

const indent = 11;

function severalTable(several: SeveralComparisons): readonly string[] {
  const { comparisons } = several;
  const rows = sharedRows(several).map(({ name, baseline, rows: own }) => [name, baseline, ...own.flatMap(cellsOf)]);
  if (rows.length === 0) return [];
  const heading = ['metric', 'baseline', ...comparisons.flatMap((_, index) => ['', letterOf(index), '95 %'])];
  const columns = [
    { align: 'left', gap: 0 },
    { align: 'right', gap: 2 },
    ...comparisons.flatMap(() => [
      { align: 'left', gap: 3 } as const,
      { align: 'right', gap: 1 } as const,
      { align: 'right', gap: 2 } as const,
    ]),
  ] as const;
  return borderlessTable([heading, ...rows], columns).lines;
}

/** Verdict, ratio and interval. */
function cellsOf(row: ComparedRow | undefined): readonly string[] {
  if (row === undefined) return ['', '–', '–'];
  const mark = isGated(row) ? marks[row.judgement.outcome.verdict] : ' ';
  return [mark, ratioText(row.ratio), intervalText(row.interval)];
}

/** Every figure that any candidate has, those with a threshold first. */
function sharedRows({ comparisons }: SeveralComparisons): readonly SharedRow[] {
  const all = comparisons.flatMap(({ rows }) => rows);
  const isOneSetting = new Set(all.map(({ settings }) => wholeSettingText(settings))).size === 1;
  const nameOf = (row: ComparedRow): string => (isOneSetting ? row.metric.id : rowName(row));
  const firsts = new Map<string, ComparedRow>();
  for (const row of [...all.filter(isGated), ...all]) {
    if (!firsts.has(nameOf(row))) firsts.set(nameOf(row), row);
  }
  return [...firsts].map(([name, { baseline, metric }]) => ({
    name,
    baseline: valueText(baseline, metric),
    rows: comparisons.map(({ rows }) => rows.find((row) => nameOf(row) === name)),
  }));
}

function howAdjusted({ comparisons }: SeveralComparisons): string {
  return `${plural(comparisons.length, 'candidate')}, measured one after the other; intervals allow for their number`;
}

/** What applies to all candidates once, and what applies to one with its letter. */
function notesOf({ comparisons }: SeveralComparisons): readonly string[] {
  const byText = new Map<string, string[]>();
  for (const [index, comparison] of comparisons.entries()) {
    for (const note of [...comparison.notes, ...unmatchedTexts(comparison), ...differencesText(comparison)]) {
      byText.set(note, [...(byText.get(note) ?? []), letterOf(index)]);
    }
  }
  return [...byText].map(([note, letters]) =>
    letters.length === comparisons.length ? note : `${letters.join(', ')}: ${note}`,
  );
}

/** A table of all, and the whole comparison of each folded below it. */
export function severalMarkdown(several: SeveralComparisons): string {
  const { comparisons } = several;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const names = comparisons.map(({ candidate }, index) => `${letterOf(index)}: ${escapedMarkdown(candidate.name)}`);
  const rows = sharedRows(several).map(({ name, baseline, rows: own }) =>
    line([`\`${name}\``, baseline, ...own.map((row) => cellsOf(row).join(' ').trim())]),
  );
  const conclusions = comparisons.map((comparison) => escapedMarkdown(conclusionOf(comparison).join(' ')));
  const folded = comparisons.flatMap((comparison, index) => [
    ...['<details>', `<summary>${names[index] ?? ''}</summary>`, ''],
    ...[comparisonMarkdown(comparison).trimEnd(), '', '</details>', ''],
  ]);
  const head = [
    line(['metric', `baseline: ${escapedMarkdown(several.baseline.name)}`, ...names]),
    line(['---', '---:', ...names.map(() => '---:')]),
  ];
  return [
    ...['## chatstream compare', ''],
    ...names.map((name, index) => `- ${name}: ${conclusions[index] ?? ''}`),
    '',
    ...(rows.length === 0 ? [] : [...head, ...rows, '']),
    ...folded,
  ].join('\n');
}

/** For scripts: the overall verdict, and each comparison as it would be alone. */
export function severalJson({ comparisons, verdict }: SeveralComparisons): object {
  return { schema: 'chatstream.comparisons/v1', verdict, comparisons: comparisons.map(comparisonJson) };
}

/** The suites of all candidates, each named after its candidate. */
export function severalSuites({ comparisons }: SeveralComparisons): readonly TestSuite[] {
  return comparisons.flatMap((comparison) =>
    comparisonSuites(comparison).map((suite) => ({ ...suite, name: `${comparison.candidate.name}: ${suite.name}` })),
  );
}
