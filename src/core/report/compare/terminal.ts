import { targetItems } from '../text/description.js';
import { oneLine } from '../text/escape.js';
import { padEnd, type Paint, painter, type ReportStyle, wrap } from '../text/style.js';
import { type Comparison, gatedRows, type OverallVerdict } from '../../compare/comparison.js';
import { conclusionOf } from './conclusion.js';
import { differencesText, howMeasured, settingsBeside, unmatchedTexts } from './description.js';
import { comparisonTable } from './table.js';

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

const colours: Readonly<Record<OverallVerdict, Parameters<Paint>[0]>> = {
  regression: ['bold', 'red'],
  inconclusive: ['bold', 'yellow'],
  pass: ['bold', 'green'],
  none: 'bold',
};

function conclusion(comparison: Comparison, style: ReportStyle): readonly string[] {
  const paint = painter(style);
  return conclusionOf(comparison).flatMap((sentence, index) =>
    wrap(sentence, style.width, '  ').map((line, lineIndex) =>
      index === 0 && lineIndex === 0 ? paint(colours[comparison.verdict], line) : line,
    ),
  );
}
