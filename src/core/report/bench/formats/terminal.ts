import stringWidth from 'string-width';
import { listed, whole } from '../../../measurement/numbers.js';
import type { BenchResult } from '../../../measurement/result-schema.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { loadItems, machineItems, targetItems } from '../../text/description.js';
import { oneLine } from '../../text/escape.js';
import { shellLines } from '../../text/shell-lines.js';
import { cut, fill, padStart, painter, type ReportStyle, wrap } from '../../text/style.js';
import { borderlessTable } from '../../text/table.js';
import { conclusionsOf, recommendationText } from '../conclusions/conclusion.js';
import { findMaxCurves, findMaxTable } from '../conclusions/find-max.js';
import { findMaxSentences, isAnswerClear } from '../conclusions/find-max-answer.js';
import { figuresTable } from '../figures-table.js';
import { breakdownsOf } from '../latency/breakdown.js';
import type { Breakdown } from '../latency/breakdown-shape.js';
import { densityPlots } from '../latency/density.js';
import { groupPlot } from '../latency/group-plot.js';
import { stageOverloadSentences } from '../latency/stage-breakdown.js';
import { waterfallBars } from '../latency/waterfall.js';
import { notesBelow } from '../notes/notes.js';
import { failuresOf, otherWarnings, truthWarnings } from '../notes/warnings.js';
import { overloadSentences, steadyOf } from '../overload.js';
import { recommendedMark } from '../row-labels.js';

/** What `bench` prints on a terminal: sections with an empty line between them, without a line feed at the end. */
export function renderReport(result: BenchResult, summaries: readonly SettingSummary[], style: ReportStyle): string {
  const measured = summaries.length > 0;
  const steady = steadyOf(summaries);
  const sections = [
    header(result, style),
    overloadLines(result, summaries, style),
    warningLines(truthWarnings(result), style),
    measured && result.find_max === undefined ? figures(result, summaries, style) : [],
    ...findMaxLines(result, style),
    ...(measured && result.find_max === undefined ? densityPlots(result, steady, style) : []),
    measured && result.find_max === undefined ? waterfallBars(result, steady, style) : [],
    ...breakdownsOf(result).flatMap((breakdown) => [
      breakdownLines(breakdown, style),
      groupPlot(breakdown.latencies ?? [], style),
    ]),
    failureLines(summaries, style),
    warningLines(otherWarnings(result), style),
    conclusion(result, summaries, style),
    result.command === undefined ? [] : ['To repeat this:', ...shellLines(oneLine(result.command), style.width)],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function header(result: BenchResult, style: ReportStyle): readonly string[] {
  const paint = painter(style);
  const [model = '', ...rest] = targetItems(result.target).map((item) => cut(item, style.width));
  const [first = '', ...more] = fill([model, ...rest], ' · ', style.width);
  const highlighted = paint('bold', model) + first.slice(model.length);
  const below = [machineItems(result.machine), loadItems(result.plan)].flatMap((items) =>
    fill(items, ' · ', style.width).flatMap((line) => wrap(line, style.width, '  ')),
  );
  return [highlighted, ...more, ...below.map((line) => paint('dim', line))];
}

function overloadLines(
  result: BenchResult,
  summaries: readonly SettingSummary[],
  style: ReportStyle,
): readonly string[] {
  const paint = painter(style);
  return [...overloadSentences(result, summaries), ...stageOverloadSentences(result)].flatMap((sentence) =>
    wrap(sentence, style.width, '  ').map((line) => paint(['bold', 'red'], line)),
  );
}

function warningLines(warnings: readonly string[], style: ReportStyle): readonly string[] {
  const paint = painter(style);
  return warnings.flatMap((warning) =>
    wrap(warning, style.width - 2).map((line, index) => (index === 0 ? `${paint('yellow', '!')} ` : '  ') + line),
  );
}

/** A search has one table and curves of its own, rather than those of a sweep, which compare settings. */
function findMaxLines(result: BenchResult, style: ReportStyle): readonly (readonly string[])[] {
  const table = findMaxTable(result);
  if (table === null) return [];
  const paint = painter(style);
  const { lines, dropped } = searchTable([table.heading, ...table.rows], style.width);
  const narrow = noRoomFor(dropped).map((line) => paint('dim', line));
  const [answer, ...doubts] = findMaxSentences(result);
  return [
    [
      ...lines.map((line, index) => (index === 0 ? paint('dim', cut(line, style.width)) : cut(line, style.width))),
      ...narrow,
    ],
    ...findMaxCurves(result).map((curve) => curve.map((line) => cut(line, style.width))),
    doubts.flatMap((sentence) => wrap(sentence, style.width, '  ')),
    wrap(answer ?? '', style.width, '  ').map((line) =>
      paint(['bold', isAnswerClear(result) ? 'green' : 'yellow'], line),
    ),
  ];
}

/** What a narrow terminal drops first; the loads, the objectives and the verdicts stay. */
const expendable = ['interval', 'missed', 'requests'];

function searchTable(
  rows: readonly (readonly string[])[],
  width: number,
): { readonly lines: readonly string[]; readonly dropped: readonly string[] } {
  const [heading = []] = rows;
  const drawn = (dropped: readonly string[]): ReturnType<typeof borderlessTable> => {
    const kept = rows.map((cells) => cells.filter((_, column) => !dropped.includes(heading[column] ?? '')));
    const last = (kept[0]?.length ?? 0) - 1;
    const columns = kept[0]?.map((_, column) => ({
      align: column === last ? ('left' as const) : ('right' as const),
      gap: 3,
    }));
    return borderlessTable(kept, columns ?? []);
  };
  let count = 0;
  while (count < expendable.length && drawn(expendable.slice(0, count)).width > width) count += 1;
  const dropped = expendable.slice(0, count);
  return { lines: drawn(dropped).lines, dropped };
}

/** A sentence about the columns of a table for which a terminal is too narrow; none if there are no such columns. */
function noRoomFor(columns: readonly string[]): readonly string[] {
  return columns.length === 0 ? [] : [`No room for ${listed(columns)}.`];
}

function breakdownLines({ title, heading, rows, sentences }: Breakdown, style: ReportStyle): readonly string[] {
  const paint = painter(style);
  const drawn = (count: number): ReturnType<typeof borderlessTable> =>
    borderlessTable(
      [heading, ...rows].map((cells) => cells.slice(0, count)),
      heading.slice(0, count).map(() => ({ align: 'right' as const, gap: 2 })),
    );
  let fitting = heading.length;
  while (fitting > 2 && drawn(fitting).width > style.width - 2) fitting -= 1;
  const { lines } = drawn(fitting);
  const indented = (text: string): readonly string[] => wrap(text, style.width - 2).map((line) => `  ${line}`);
  return [
    paint('bold', title),
    ...lines.map((line, index) => cut(`  ${index === 0 ? paint('dim', line) : line}`, style.width)),
    ...noRoomFor(heading.slice(fitting))
      .flatMap(indented)
      .map((line) => paint('dim', line)),
    ...sentences.flatMap(indented),
  ];
}

function figures(result: BenchResult, summaries: readonly SettingSummary[], style: ReportStyle): readonly string[] {
  const paint = painter(style);
  const { lines, dropped } = figuresTable(result, summaries, style);
  const names = dropped.map(({ group, heading }) => `${group.split(', ')[0] ?? ''} ${heading}`.trim());
  // The line of the recommendation has the same mark.
  const notes = [...noRoomFor(names), ...notesBelow(result, summaries, null)];
  return [...lines, '', ...bulletLines(notes, style).map((line) => paint('dim', line))];
}

function failureLines(summaries: readonly SettingSummary[], style: ReportStyle): readonly string[] {
  const failures = failuresOf(summaries);
  if (failures.length === 0) return [];
  const paint = painter(style);
  const width = Math.max(...failures.map(({ count }) => stringWidth(whole(count))));
  const total = failures.reduce((sum, { count }) => sum + count, 0);
  const lines = failures.flatMap(({ code, count, where, example }) => {
    const head = `  ${padStart(whole(count), width)}  ${paint('red', code)}${where === '' ? '' : ` at ${where}`}`;
    if (example === '') return [head];
    return [
      head,
      ...exampleLines(example, style.width - width - 4).map((line) => `${' '.repeat(width + 4)}${paint('dim', line)}`),
    ];
  });
  return [paint('bold', `Unanswered requests: ${whole(total)}`), ...lines];
}

/** Enough for what chatstream says itself; a server may say anything. */
const mostExampleLines = 3;

function exampleLines(example: string, width: number): readonly string[] {
  const lines = wrap(`“${example}”`, width);
  if (lines.length <= mostExampleLines) return lines;
  const last = lines.slice(mostExampleLines - 1).join(' ');
  return [...lines.slice(0, mostExampleLines - 1), cut(last, width)];
}

function bulletLines(texts: readonly string[], { width }: ReportStyle): readonly string[] {
  return texts.flatMap((text) => wrap(text, width - 4).map((line, index) => `${index === 0 ? '  • ' : '    '}${line}`));
}

/** The recommendation in one line, what it rests on, and short notes. */
function conclusion(result: BenchResult, summaries: readonly SettingSummary[], style: ReportStyle): readonly string[] {
  const paint = painter(style);
  const notes = conclusionsOf(result, summaries).flatMap(({ brief }) => brief ?? []);
  const bullets = bulletLines(notes, style);
  const recommendation = recommendationText(result, summaries);
  if (recommendation === null) return bullets;
  const { setting, isKnee, basis } = recommendation;
  const head = wrap(`${recommendedMark} Recommended: ${setting}${isKnee ? ' (the knee)' : ''}.`, style.width, '  ');
  const sentence = `${basis.charAt(0).toUpperCase()}${basis.slice(1)}.`;
  return [
    ...head.map((line) => paint(['bold', 'green'], line)),
    ...wrap(sentence, style.width - 2).map((line) => `  ${line}`),
    ...bullets,
  ];
}
