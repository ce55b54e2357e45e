import { ChatstreamError } from '../base/errors.js';
import type { ComparedMetric } from '../compare/compared-metric.js';
import { areOtherLengths, dependsOnLength, meanText, mostFailures } from '../compare/trials/answer-lengths.js';
import { settingsKey } from '../measurement/by-setting.js';
import type { Setting } from '../measurement/result-schema.js';
import { touches } from '../measurement/validity/saturation.js';
import { failedShareOf } from './answered-share.js';
import { clientErrorOf } from './client-error.js';
import { differencesBetween } from './entry.js';
import type { HistoryEntry, HistoryRow } from './entry-schema.js';
import { logOf } from './figure-values.js';
import { type CutSeries, cutSeries } from './judge-series.js';

export interface SeriesPoint {
  readonly entry: HistoryEntry;
  readonly row: HistoryRow;
  /** As it was measured: milliseconds, a rate per second or a share. */
  readonly value: number;
}

export interface SelectionOptions {
  /** Differences that do not matter, as `--allow` names them. */
  readonly allowed: readonly string[];
  /** At most this many of the entries before the last. */
  readonly last: number;
  /** The first entry to consider, by the beginning of its commit; null for all. */
  readonly since: string | null;
}

export interface Selection {
  /** In the order in which they were measured, the newest last. */
  readonly entries: readonly HistoryEntry[];
  /** How many entries were measured in another way, and how they differ from the newest. */
  readonly others: { readonly count: number; readonly fields: readonly string[] };
  /** How many of the entries before the newest have a setting with a saturated load generator. */
  readonly saturated: number;
  /** How many of them have a setting whose queue grew without end, or whose trials `--abort-on` ended. */
  readonly unsteady: number;
  /** How many of them lost their server before everything was measured. */
  readonly lost: number;
}

/**
 * The last entries that were measured as the newest one was: the same load, machine and model, and a server started with
 * the same settings.
 *
 * @param earlier in the order in which they were measured, without the newest
 * @throws ChatstreamError `usage` if `since` is not in the history
 */
export function comparableEntries(
  earlier: readonly HistoryEntry[],
  newest: HistoryEntry,
  { allowed, last, since }: SelectionOptions,
): Selection {
  const comparable: HistoryEntry[] = [];
  const fields = new Set<string>();
  const considered = entriesSince(earlier, newest, since);
  for (const entry of considered) {
    const differences = differencesBetween(entry, newest, allowed);
    if (differences.length === 0) comparable.push(entry);
    for (const { field } of differences) fields.add(field);
  }
  const before = comparable.slice(-last);
  return {
    entries: [...before, newest],
    others: { count: considered.length - comparable.length, fields: [...fields] },
    saturated: before.filter(({ rows }) => rows.some((row) => row.saturated)).length,
    unsteady: before.filter(({ rows }) => rows.some(isUnsteadyRow)).length,
    lost: before.filter(isServerLost).length,
  };
}

function entriesSince(
  earlier: readonly HistoryEntry[],
  newest: HistoryEntry,
  since: string | null,
): readonly HistoryEntry[] {
  if (since === null) return earlier;
  const first = [...earlier, newest].findIndex(({ commit }) => commit?.startsWith(since) === true);
  if (first !== -1) return earlier.slice(first);
  throw new ChatstreamError('usage', `No entry of the history has the commit ${since}.`, {
    hint: 'chatstream history show lists them.',
  });
}

/**
 * One figure at one setting over several entries. Entries without it are left out, and those in which it was measured in
 * another way than in the last one, over answers of another length, with a saturated load generator, with a queue that grew
 * without end, in trials that `--abort-on` ended, or of a server that was about to be lost: they would look like a change of
 * the server, or hide one.
 */
export function seriesOf(
  entries: readonly HistoryEntry[],
  settings: Setting,
  metric: ComparedMetric,
): readonly SeriesPoint[] {
  const newest = entries.at(-1);
  const newestRow = newest === undefined ? undefined : rowAt(newest, settings);
  if (newest === undefined || newestRow === undefined) return [];
  return entries.flatMap((entry) => {
    const row = rowAt(entry, settings);
    if (row === undefined) return [];
    if (entry !== newest && (isServerLost(entry) || isSaturated(row, metric) || isUnsteady(row, metric))) return [];
    const value = row.figures[metric.id] ?? null;
    const known = value !== null && isMeasuredAlike(metric, { entry, row }, { entry: newest, row: newestRow });
    return known ? [{ entry, row, value }] : [];
  });
}

/** Cut where its level changed. @param series of a rate, without values of 0 but for the last */
export function cutOf(series: readonly SeriesPoint[], metric: ComparedMetric): CutSeries {
  const logs = series.map(({ value }) => logOf(value, metric));
  return cutSeries(
    logs,
    series.map(({ row }) => clientErrorOf(row, metric)),
  );
}

export function rowAt({ rows }: HistoryEntry, settings: Setting): HistoryRow | undefined {
  const key = settingsKey(settings);
  return rows.find((row) => settingsKey(row.settings) === key);
}

/** Whether it was the entry's server that was lost: the other server of a bench of two is not in the history. */
export function isServerLost({ ended_early: ended }: HistoryEntry): boolean {
  return ended?.cause === 'target-lost' && ended.server !== 'baseline';
}

/** Whether the queue grew without end in most of the trials; lines of older versions do not say. */
export function isOverloadedRow({ overloaded_trials: overloaded = 0, trials }: HistoryRow): boolean {
  return overloaded * 2 > trials;
}

/** Whether figures say little about the server: they depend on how long was measured, or are of a part of the run. */
function isUnsteady(row: HistoryRow, { id }: ComparedMetric): boolean {
  // Failures are counted, however long it lasted.
  return id !== 'success_rate' && isUnsteadyRow(row);
}

/** The same for a row, whatever the figure. */
export function isUnsteadyRow(row: HistoryRow): boolean {
  return isOverloadedRow(row) || (row.aborted_on ?? []).length > 0;
}

/** Whether what was wrong with the load concerns the figure. */
export function isSaturated(row: HistoryRow, metric: ComparedMetric): boolean {
  if (metric.id === 'success_rate') return false;
  const name = metric.type === 'latency' ? metric.metric : 'rate';
  return row.saturation?.some((each) => touches(each, name, row.queue_wait_source)) ?? row.saturated;
}

type Measured = Pick<SeriesPoint, 'entry' | 'row'>;

function isMeasuredAlike(metric: ComparedMetric, one: Measured, other: Measured): boolean {
  if (metric.id === 'goodput') return one.entry.plan.slo.join() === other.entry.plan.slo.join();
  if (metric.type === 'latency' && metric.metric === 'queue_wait') {
    return one.row.queue_wait_source === other.row.queue_wait_source;
  }
  if (hasOtherAnswers(metric, one.row, other.row)) return false;
  const countsTokens =
    metric.type === 'latency' ? metric.metric === 'tpot' : metric.rate === 'output_tokens_per_second';
  return !countsTokens || one.row.output_tokens_source === other.row.output_tokens_source;
}

/** Whether answers were of another length, so that a figure which depends on it means something else. */
function hasOtherAnswers(metric: ComparedMetric, one: HistoryRow, other: HistoryRow): boolean {
  const [before, after] = [one.answer_tokens ?? null, other.answer_tokens ?? null];
  if (before === null || after === null || metric.id === 'success_rate' || !dependsOnLength(metric)) return false;
  const isComparable =
    one.output_tokens_source === other.output_tokens_source &&
    Math.max(failedShareOf(one), failedShareOf(other)) <= mostFailures;
  return isComparable && areOtherLengths(before, after);
}

/**
 * That answers of the results before the newest were longer or shorter, so that a figure has another meaning, as a sentence
 * without its full stop; null if they were not.
 */
export function otherAnswersText(
  entries: readonly HistoryEntry[],
  settings: Setting,
  metric: ComparedMetric,
): string | null {
  const rows = entries.flatMap((entry) => rowAt(entry, settings) ?? []);
  const newest = rows.at(-1);
  const other = rows.findLast((row) => newest !== undefined && hasOtherAnswers(metric, row, newest));
  if (newest?.answer_tokens == null || other?.answer_tokens == null) return null;
  return `answers had ${meanText(newest.answer_tokens)} tokens on average in the newest result and ${meanText(other.answer_tokens)} in earlier ones`;
}
