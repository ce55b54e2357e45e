import { sentenceStart } from '../../base/sentences.js';
import type { ComparedMetric } from '../../compare/compared-metric.js';
import { neededSamplesText } from '../../compare/trials/needed-samples.js';
import type { HistoryEntry } from '../../history/entry-schema.js';
import type { Trend, TrendPoint, Trends } from '../../history/trend.js';
import { listed, plural, unknown } from '../../measurement/numbers.js';
import { wholeSettingText } from '../../measurement/settings/setting-text.js';
import { measureLonger } from '../../measurement/validity/measure-longer.js';
import { valueText } from '../compare/words.js';
import { targetItems } from '../text/description.js';
import { oneLine } from '../text/escape.js';
import { type Paint, painter, type ReportStyle, wrap } from '../text/style.js';
import { borderlessTable, type DrawnTable, type TableCell } from '../text/table.js';
import { agoText, changeText, commitText, entryName, signedPercent, timeOfEntry } from './words.js';

/** What `history show` prints on a terminal, without a line feed at the end. */
export function renderTrends(trends: Trends, notes: readonly string[], style: ReportStyle): string {
  const paint = painter(style);
  const newest = trends.entries.at(-1);
  const header = newest === undefined ? [] : wrap(oneLine(targetItems(newest.target).join(' · ')), style.width);
  const remarks = notes.flatMap((note) =>
    wrap(oneLine(note), style.width - 2).map((line, index) => (index === 0 ? `${paint('yellow', '!')} ` : '  ') + line),
  );
  const changes = changesOf(trends).flatMap((text) => wrap(`${changeMark} ${text}`, style.width, '  '));
  return [
    [...header, paint('dim', `${plural(trends.entries.length, 'result')}; changes against the median of those before`)],
    remarks,
    ...settingsOf(trends).flatMap((each) => tablesOf(trends.entries, each, style)),
    changes.length === 0 ? noChange(trends) : changes,
  ]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** Says that there is no change, if there is anything that could have one. */
export function noChange({ trends }: Pick<Trends, 'trends'>): readonly string[] {
  return trends.length === 0 ? [] : ['No change of a level was found.'];
}

/**
 * Which figures are in none of the results, as a sentence; none if all are in some.
 *
 * @param metrics those that were to be shown
 */
export function missingFigures(
  { entries, trends }: Pick<Trends, 'entries' | 'trends'>,
  metrics: readonly ComparedMetric[],
): readonly string[] {
  const missing = metrics.filter(({ id }) => trends.every(({ metric }) => metric.id !== id));
  if (missing.length === 0) return [];
  const newest = entries.at(-1);
  const sparse = missing.flatMap((metric) => (metric.type === 'latency' ? [metric] : []));
  const needs = [...new Set(sparse.map(neededSamplesText))];
  const advice =
    newest === undefined || needs.length === 0
      ? ''
      : ` ${sentenceStart(listed(needs))}: ${measureLonger(newest.plan, { of: 'requests' })}.`;
  return [`No result has ${listed(missing.map(({ id }) => id))}.${advice}`];
}

/** Marks the entry at which a level changed. */
export const changeMark = '◆';

/** The trends of each setting. */
export function settingsOf({ trends }: Pick<Trends, 'trends'>): readonly (readonly Trend[])[] {
  const groups = new Map<string, Trend[]>();
  for (const trend of trends) {
    const key = JSON.stringify(trend.settings);
    groups.set(key, [...(groups.get(key) ?? []), trend]);
  }
  return [...groups.values()];
}

/** A sentence for each commit at which levels changed, oldest first. */
export function changesOf({ entries, trends }: Trends): readonly string[] {
  return entries.flatMap((entry, index) =>
    settingsOf({ trends }).flatMap((group) => {
      const changes = group.flatMap(({ metric, points }) => {
        const change = points.find((point) => point.entry === entry)?.change ?? null;
        return change === null ? [] : [`${metric.id} ${changeText(change.change)}`];
      });
      const [first] = group;
      if (first === undefined || changes.length === 0) return [];
      const when = `${entryName(entry)}, ${agoText(entries.length - 1 - index)}`;
      return [`At ${when}, ${wholeSettingText(first.settings)}: ${listed(changes)}.`];
    }),
  );
}

/** A metric with a value and a change takes at least this many columns of the terminal. */
const narrowest = 14;

/** As many metrics side by side as fit. */
function tablesOf(
  entries: readonly HistoryEntry[],
  trends: readonly Trend[],
  style: ReportStyle,
): readonly (readonly string[])[] {
  const [first] = trends;
  if (first === undefined) return [];
  const title = painter(style)('bold', wholeSettingText(first.settings));
  const tables: (readonly string[])[] = [];
  let rest = trends;
  while (rest.length > 0) {
    let count = Math.min(rest.length, Math.max(1, Math.floor(style.width / narrowest)));
    let table = tableOf(entries, rest.slice(0, count), style);
    while (table.width > style.width && count > 1) {
      count -= 1;
      table = tableOf(entries, rest.slice(0, count), style);
    }
    tables.push(tables.length === 0 ? [title, ...table.lines] : table.lines);
    rest = rest.slice(count);
  }
  return tables;
}

function tableOf(entries: readonly HistoryEntry[], trends: readonly Trend[], style: ReportStyle): DrawnTable {
  const paint = painter(style);
  const points = trends.map((trend) => new Map(trend.points.map((point) => [point.entry, point])));
  const head: TableCell[] = [
    paint('dim', 'measured, UTC'),
    paint('dim', 'commit'),
    ...trends.map(({ metric }) => ({ text: paint('dim', metric.id), columns: 2, align: 'right' as const })),
  ];
  const body = entries.map((entry) => [
    timeOfEntry(entry),
    commitText(entry) ?? unknown,
    ...trends.flatMap((trend, index) => cellsOf(trend, points[index]?.get(entry), paint)),
  ]);
  return borderlessTable(
    [head, ...body],
    [
      { align: 'left', gap: 0 },
      { align: 'left', gap: 2 },
      ...trends.flatMap(() => [{ align: 'right', gap: 3 } as const, { align: 'right', gap: 1 } as const]),
    ],
  );
}

/** The value and its change; the first entry of a new level is marked. */
function cellsOf({ metric }: Trend, point: TrendPoint | undefined, paint: Paint): readonly [string, string] {
  if (point === undefined) return [unknown, ''];
  const { value, ratio, change } = point;
  const text = valueText(value, metric);
  const deviation = ratio === null ? '' : signedPercent(ratio);
  if (change === null) return [text, paint('dim', deviation)];
  const isWorse = metric.type === 'latency' ? change.change.ratio > 1 : change.change.ratio < 1;
  return [paint(isWorse ? 'red' : 'green', `${changeMark} ${text}`), deviation];
}
