import {
  type ComparedRow,
  type Comparison,
  gatedRows,
  isGated,
  type OverallVerdict,
} from '../../compare/comparison.js';
import { dimensionsOf, settingValue, wholeSettingText } from '../../measurement/settings/setting-text.js';
import { loadItems, machineItems, targetItems } from '../text/description.js';
import { escapedMarkdown } from '../text/escape.js';
import { conclusionOf } from './conclusion.js';
import { type FigureColumn, figureColumns, limitColumn } from './figure-columns.js';
import { differencesText, howMeasured, modelsText, unmatchedTexts, verdictText } from './words.js';

const marks: Readonly<Record<OverallVerdict, string>> = {
  regression: '❌',
  inconclusive: '⚠️',
  pass: '✅',
  none: 'ℹ️',
};

const verdictMarks: Readonly<Record<string, string>> = {
  regression: '❌ ',
  inconclusive: '⚠️ ',
  pass: '✅ ',
  improvement: '✅ ',
};

/** A comment for a pull request: the verdict, what was judged, and the rest folded. */
export function comparisonMarkdown(comparison: Comparison): string {
  const gated = gatedRows(comparison);
  const shown = gated.length > 0 ? gated : comparison.rows;
  const others = comparison.rows.filter((row) => gated.length > 0 && !isGated(row));
  const [verdict = '', ...more] = conclusionOf(comparison).map(escapedMarkdown);
  const word = /^\w+(?=:)/.exec(verdict)?.[0] ?? '';
  const sections = [
    ['## chatstream compare'],
    modelsText(comparison).map((text) => `⚠️ ${escapedMarkdown(text)}`),
    [`${marks[comparison.verdict]} ${word === '' ? '' : `**${word}**`}${verdict.slice(word.length)}`, ...more],
    table(shown),
    [...comparison.notes, ...unmatchedTexts(comparison), ...differencesText(comparison)].map(
      (note) => `- ${escapedMarkdown(note)}`,
    ),
    others.length === 0 ? [] : folded('Other figures, not judged', table(others)),
    folded('What was measured', details(comparison)),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function table(rows: readonly ComparedRow[]): readonly string[] {
  if (rows.length === 0) return [];
  const settings = dimensionsOf(rows.map((row) => row.settings)).map((dimension) => ({
    heading: dimension.name,
    text: (row: ComparedRow) => settingValue(row.settings, dimension),
  }));
  const columns: readonly FigureColumn[] = [
    ...settings,
    { heading: 'metric', text: ({ metric }) => `\`${metric.id}\`` },
    ...figureColumns(3),
    ...(rows.some(isGated) ? [limitColumn] : []),
    { heading: 'verdict', text: (row) => `${verdictMarks[verdictText(row)] ?? ''}${verdictText(row)}` },
  ];
  const isText = new Set(['metric', 'verdict']);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ heading }) => heading)),
    line(columns.map(({ heading }) => (isText.has(heading) ? '---' : '---:'))),
    ...rows.map((row) => line(columns.map(({ text }) => text(row)))),
  ];
}

function folded(title: string, lines: readonly string[]): readonly string[] {
  return ['<details>', `<summary>${title}</summary>`, '', ...lines, '', '</details>'];
}

function details(comparison: Comparison): readonly string[] {
  const { baseline, candidate, rows } = comparison;
  const side = (word: string, { name, target, startedAt, toolVersion }: Comparison['baseline']): string =>
    `- ${word}: ${escapedMarkdown([name, ...targetItems(target), `${startedAt}, measured with chatstream ${toolVersion}`].join(' · '))}`;
  const settings = [...new Set(rows.map((row) => wholeSettingText(row.settings)))];
  return [
    side('Baseline', baseline),
    side('Candidate', candidate),
    `- ${escapedMarkdown([howMeasured(comparison), settings.join('; ')].filter((part) => part !== '').join(': '))}`,
    `- Load: ${loadItems(candidate.plan).map(escapedMarkdown).join(' · ')}`,
    `- Machine: ${machineItems(candidate.machine).map(escapedMarkdown).join(' · ')}`,
    '- Ratio: candidate ÷ baseline. The interval holds the true ratio in 95 of 100 comparisons; regression: all of it is beyond the limit; pass: all of it is within.',
  ];
}
