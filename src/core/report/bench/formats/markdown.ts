import { whole } from '../../../measurement/numbers.js';
import type { BenchResult } from '../../../measurement/result-schema.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { loadItems, machineItems, targetItems } from '../../text/description.js';
import { escapedMarkdown, oneLine } from '../../text/escape.js';
import { defaultWidth } from '../../text/style.js';
import { type Column, columnsOf, isTime } from '../columns.js';
import { conclusionSentences, recommendationText } from '../conclusions/conclusion.js';
import { findMaxCurves, findMaxTable } from '../conclusions/find-max.js';
import { findMaxSentences } from '../conclusions/find-max-answer.js';
import { breakdownsOf } from '../latency/breakdown.js';
import type { Breakdown } from '../latency/breakdown-shape.js';
import { densityPlots } from '../latency/density.js';
import { stageOverloadSentences } from '../latency/stage-breakdown.js';
import { waterfallBars } from '../latency/waterfall.js';
import { notesBelow } from '../notes/notes.js';
import { failuresOf, otherWarnings, truthWarnings } from '../notes/warnings.js';
import { overloadSentences, steadyOf } from '../overload.js';
import { isMarked } from '../row-labels.js';

/** The report as GitHub's Markdown, for a pull request or a README; charts are text. */
export function toMarkdown(result: BenchResult, summaries: readonly SettingSummary[]): string {
  const measured = summaries.length > 0;
  const steady = steadyOf(summaries);
  const recommendation = recommendationText(result, summaries);
  const style = { colour: false, width: defaultWidth };
  const pictures = measured
    ? [...findMaxCurves(result), ...densityPlots(result, steady, style), waterfallBars(result, steady, style)].filter(
        notEmpty,
      )
    : [];
  const sections = [
    [`## ${targetItems(result.target).slice(0, 2).map(escapedMarkdown).join(' on ')}`],
    [...overloadSentences(result, summaries), ...stageOverloadSentences(result)].map(
      (sentence) => `**${escapedMarkdown(sentence)}**`,
    ),
    recommendation === null
      ? []
      : [
          `**Recommended: ${escapedMarkdown(recommendation.setting)}**, because ${escapedMarkdown(recommendation.reason)}.`,
        ],
    findMaxSentences(result).map((sentence, index) => {
      const text = escapedMarkdown(sentence);
      return index === 0 ? `**${text}**` : text;
    }),
    truthWarnings(result).flatMap((warning, index) => [
      ...(index > 0 ? ['>'] : []),
      `> ⚠️ ${escapedMarkdown(warning)}`,
    ]),
    searchTable(result),
    measured ? table(result, summaries) : [],
    measured ? [notesBelow(result, summaries, 'Bold:').map(escapedMarkdown).join(' ')] : [],
    pictures.length === 0
      ? []
      : ['```text', ...pictures.flatMap((lines, index) => (index > 0 ? ['', ...lines] : lines)), '```'],
    ...breakdownsOf(result).flatMap(breakdownSections),
    failureTable(summaries),
    bullets(conclusionSentences(result, summaries)),
    bullets(otherWarnings(result)),
    result.command === undefined ? [] : ['To repeat this:', '', '```sh', oneLine(result.command), '```'],
    [
      `<sub>${[...loadItems(result.plan), ...machineItems(result.machine)].map(escapedMarkdown).join(' · ')} · chatstream ${escapedMarkdown(result.tool.version)}, ${escapedMarkdown(result.started_at)}</sub>`,
    ],
  ];
  return `${sections
    .filter(notEmpty)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function notEmpty(lines: readonly string[]): boolean {
  return lines.length > 0;
}

function table(result: BenchResult, summaries: readonly SettingSummary[]): readonly string[] {
  const columns = columnsOf(result, summaries);
  const rows = summaries.map((summary, index) => {
    const cells = columns.map(({ cells }) => cells[index] ?? '');
    return isMarked(result, summaries, summary) ? cells.map((cell) => `**${cell}**`) : cells;
  });
  return [line(columns.map(heading)), line(columns.map(() => '---:')), ...rows.map(line)];
}

function breakdownSections({ title, heading, rows, sentences }: Breakdown): readonly (readonly string[])[] {
  return [[`### ${title}`], escapedTable(heading, rows), sentences.map(escapedMarkdown)];
}

function searchTable(result: BenchResult): readonly string[] {
  const points = findMaxTable(result);
  return points === null ? [] : escapedTable(points.heading, points.rows);
}

/** Of numbers, with text from elsewhere in any cell. */
function escapedTable(heading: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const escaped = (cells: readonly string[]): string => line(cells.map(escapedMarkdown));
  return [escaped(heading), line(heading.map(() => '---:')), ...rows.map(escaped)];
}

/** A group and a heading in one line, since Markdown tables have only one line of headings. */
function heading({ group, heading }: Column): string {
  const [name = '', unit] = group.split(', ');
  if (unit === undefined) return `${group} ${heading}`.trim();
  return isTime({ heading }) ? `${name} ${heading}, ${unit}` : `${name} ${heading}`;
}

function failureTable(summaries: readonly SettingSummary[]): readonly string[] {
  const failures = failuresOf(summaries);
  if (failures.length === 0) return [];
  const rows = failures.map(({ code, count, where, example }) =>
    [code, whole(count), where, example].map(escapedMarkdown),
  );
  return [line(['unanswered', 'requests', 'where', 'example']), line(['---', '---:', '---', '---']), ...rows.map(line)];
}

function bullets(items: readonly string[]): readonly string[] {
  return items.map((item) => `- ${escapedMarkdown(item)}`);
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
