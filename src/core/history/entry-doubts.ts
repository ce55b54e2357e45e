import { lowerFirst, sentenceStart } from '../base/sentences.js';
import { mostFailures } from '../compare/trials/answer-lengths.js';
import { percentText } from '../measurement/numbers.js';
import { dimensionsOf, settingsText } from '../measurement/settings/setting-text.js';
import { stoppedByUser } from '../measurement/validity/ended-early.js';
import { failedShareOf } from './answered-share.js';
import type { HistoryEntry, HistoryRow } from './entry-schema.js';
import { isServerLost, isUnsteadyRow } from './series.js';

/**
 * What keeps an entry, or a part of it, from being a baseline for later ones, as sentences; none for a measurement that was
 * complete, answered and steady.
 */
export function entryDoubts(entry: HistoryEntry): readonly string[] {
  const { rows } = entry;
  const silent = rows.filter(({ requests }) => requests.completed === 0);
  const others = rows.filter((row) => !silent.includes(row));
  return [
    ...endDoubts(entry),
    ...(silent.length === 0 ? [] : [`No request was completed${whereIf(silent, rows)}, so there are no figures.`]),
    ...failureDoubts(others, rows),
    ...doubt(others, rows, isSaturatedRow, 'the load generator was saturated'),
    ...doubt(others, rows, isUnsteadyRow, 'the queue grew without end, or --abort-on ended trials'),
  ];
}

function endDoubts(entry: HistoryEntry): readonly string[] {
  const { interrupted, ended_early: ended, rows } = entry;
  const what = rows.length === 0 ? 'anything' : 'everything';
  if (isServerLost(entry)) {
    return [
      `The server was lost before ${what} was measured, which history check calls a regression. Later results are not compared with it.`,
    ];
  }
  if (interrupted) {
    return [`${stopText(ended)} before ${what} was measured, so history check cannot pass it.`];
  }
  return rows.length === 0 ? ['Nothing was measured, so history check cannot pass it.'] : [];
}

/** How the measurement ended, without a verb for what it had not done by then. */
function stopText(end: HistoryEntry['ended_early']): string {
  if (end === undefined) return 'The measurement ended';
  if (end.message === stoppedByUser.message) return 'The measurement was stopped';
  return `The measurement ended (${lowerFirst(end.message).replace(/\.$/, '')})`;
}

function failureDoubts(rows: readonly HistoryRow[], all: readonly HistoryRow[]): readonly string[] {
  const failing = rows.filter((row) => failedShareOf(row) > mostFailures);
  if (failing.length === 0) return [];
  const most = percentText(Math.max(...failing.map(failedShareOf)));
  const share = failing.length === 1 ? most : `Up to ${most}`;
  return [`${share} of the requests had no answer${whereIf(failing, all)}: the latencies are of the others.`];
}

function doubt(
  rows: readonly HistoryRow[],
  all: readonly HistoryRow[],
  isDoubtful: (row: HistoryRow) => boolean,
  what: string,
): readonly string[] {
  const doubtful = rows.filter(isDoubtful);
  if (doubtful.length === 0) return [];
  return [`${sentenceStart(what)}${whereIf(doubtful, all)}: later results are not compared with these figures.`];
}

function isSaturatedRow({ saturated }: HistoryRow): boolean {
  return saturated;
}

/** ` at max-concurrency 4`; empty if it applies to all settings. */
function whereIf(some: readonly HistoryRow[], all: readonly HistoryRow[]): string {
  if (some.length === all.length) return '';
  const by = dimensionsOf(all.map(({ settings }) => settings));
  return ` at ${settingsText(
    some.map(({ settings }) => settings),
    by,
  )}`;
}
