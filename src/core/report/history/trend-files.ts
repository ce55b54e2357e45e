import type { LevelChange } from '../../history/judge-series.js';
import type { Trend, TrendPoint, Trends } from '../../history/trend.js';
import { unknown } from '../../measurement/numbers.js';
import { wholeSettingText } from '../../measurement/settings/setting-text.js';
import { valueText } from '../compare/words.js';
import { type CsvColumn, csvText } from '../text/csv.js';
import { targetItems } from '../text/description.js';
import { escapedMarkdown } from '../text/escape.js';
import { changeMark, changesOf, noChange, settingsOf } from './trend-text.js';
import { commitText, signedPercent, timeOfEntry, unitOf } from './words.js';

/** A table for each setting, and the changes in words. */
export function trendMarkdown(trends: Trends): string {
  const newest = trends.entries.at(-1);
  const changes = changesOf(trends);
  return [
    '## chatstream history',
    ...(newest === undefined ? [] : ['', escapedMarkdown(targetItems(newest.target).join(' · '))]),
    '',
    ...(changes.length === 0 ? noChange(trends) : changes.map((text) => `- ${changeMark} ${escapedMarkdown(text)}`)),
    ...settingsOf(trends).flatMap((group) => ['', ...markdownTable(trends, group)]),
    '',
  ].join('\n');
}

function markdownTable({ entries }: Trends, group: readonly Trend[]): readonly string[] {
  const [first] = group;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `### ${first === undefined ? '' : wholeSettingText(first.settings)}`,
    '',
    line(['measured, UTC', 'commit', ...group.map(({ metric }) => `\`${metric.id}\``)]),
    line(['---', '---', ...group.map(() => '---:')]),
    ...entries.map((entry) =>
      line([
        timeOfEntry(entry),
        commitText(entry) ?? unknown,
        ...group.map((trend) =>
          cellOf(
            trend,
            trend.points.find((point) => point.entry === entry),
          ),
        ),
      ]),
    ),
  ];
}

function cellOf({ metric }: Trend, point: TrendPoint | undefined): string {
  if (point === undefined) return unknown;
  const { value, ratio, change } = point;
  const deviation = ratio === null ? '' : ` (${signedPercent(ratio)})`;
  return `${change === null ? '' : `${changeMark} `}${valueText(value, metric)}${deviation}`;
}

/** Name and value of every column; new columns are added at the end. */
const csvColumns: readonly CsvColumn<{ readonly trend: Trend; readonly point: TrendPoint }>[] = [
  ['started_at', ({ point }) => point.entry.started_at],
  ['commit', ({ point }) => point.entry.commit],
  ['branch', ({ point }) => point.entry.branch],
  ['concurrency', ({ trend }) => trend.settings.concurrency],
  ['max_concurrency', ({ trend }) => trend.settings.max_concurrency],
  ['rate_per_s', ({ trend }) => trend.settings.rate],
  ['metric', ({ trend }) => trend.metric.id],
  ['unit', ({ trend }) => unitOf(trend.metric)],
  ['value', ({ point }) => point.value],
  ['ratio_to_median_before', ({ point }) => point.ratio],
  ['level_change_ratio', ({ point }) => point.change?.change.ratio ?? null],
];

/** A line for each figure of each entry. */
export function trendCsv({ trends }: Trends): string {
  return csvText(
    csvColumns,
    trends.flatMap((trend) => trend.points.map((point) => ({ trend, point }))),
  );
}

/** For scripts. */
export function trendJson({ entries, trends }: Trends): object {
  return {
    schema: 'chatstream.history-trends/v1',
    entries: entries.length,
    trends: trends.map(({ settings, metric, points }) => ({
      settings,
      metric: metric.id,
      unit: unitOf(metric),
      points: points.map(({ entry, value, ratio, change }) => ({
        started_at: entry.started_at,
        commit: entry.commit,
        value,
        ratio_to_median_before: ratio,
        level_change: change === null ? null : levelChangeJson(change),
      })),
    })),
  };
}

function levelChangeJson({ change: { level, ratio, interval, spread }, p }: LevelChange): object {
  return { level, ratio, interval, spread, p };
}
