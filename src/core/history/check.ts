import { ChatstreamError } from '../base/errors.js';
import { type ComparedMetric, defaultMetrics } from '../compare/compared-metric.js';
import { judge, type Tendency, tendencyOf } from '../compare/judgement.js';
import { type FigureThreshold, impliedThreshold, isOfFigure, type Threshold } from '../compare/threshold.js';
import { neededSamplesText } from '../compare/trials/needed-samples.js';
import { listed } from '../measurement/numbers.js';
import type { Setting } from '../measurement/result-schema.js';
import { proportionRatio } from '../statistics/proportion.js';
import { answeredOf, answeredTogether, answersFewerThan } from './answered-share.js';
import type { HistoryEntry, HistoryRow } from './entry-schema.js';
import {
  delayIn,
  type Evidence,
  type JudgedSeries,
  judgeSeries,
  neededEntries,
  newestOverLevel,
} from './judge-series.js';
import {
  cutOf,
  isOverloadedRow,
  isSaturated,
  isServerLost,
  otherAnswersText,
  rowAt,
  seriesOf,
  type SeriesPoint,
} from './series.js';

/** Why a history does not decide. */
export type HistoryDoubt =
  | { readonly reason: 'too-few-entries'; readonly entries: number }
  /** The ratio is beyond the limit, but not its whole interval. */
  | { readonly reason: 'too-wide' }
  /** The load generator's own delay reaches from the ratio to the limit: `isAlone`, or together with the noise. */
  | { readonly reason: 'client-delay'; readonly isAlone: boolean }
  | { readonly reason: 'saturated-client' }
  /** A sentence without its full stop. */
  | { readonly reason: 'not-measured'; readonly explanation: string };

/**
 * `beyond-limit`: the whole interval is. `lost`: the newest answers too few requests to have the figure. `server-lost`: its
 * server was gone before everything was measured. `overloaded`: it cannot follow the load, which those before it could.
 */
export type RegressionCause = 'beyond-limit' | 'lost' | 'server-lost' | 'overloaded';

type HistoryOutcome =
  | { readonly verdict: 'regression'; readonly cause: RegressionCause }
  | { readonly verdict: 'inconclusive'; readonly doubt: HistoryDoubt }
  | { readonly verdict: 'pass' }
  | { readonly verdict: 'improvement' };

type HistoryJudgement =
  | { readonly type: 'gated'; readonly threshold: FigureThreshold; readonly outcome: HistoryOutcome }
  | { readonly type: 'shown'; readonly tendency: Tendency };

/** One figure at one setting: the newest entry against those before it. */
export interface CheckedRow {
  readonly settings: Setting;
  readonly metric: ComparedMetric;
  /** Oldest first; the last is the newest entry's, unless that does not have the figure. */
  readonly series: readonly SeriesPoint[];
  /** Of the newest entry. */
  readonly value: number | null;
  readonly evidence: Evidence | null;
  readonly judgement: HistoryJudgement;
}

export interface HistoryCheck {
  /** The worst of all rows with a threshold. `none` without thresholds; without rows, a result that has none does not pass. */
  readonly verdict: 'regression' | 'inconclusive' | 'pass' | 'none';
  readonly newest: HistoryEntry;
  /** The number of comparable entries before the newest, at most as many as requested. */
  readonly before: number;
  /** Worst first. */
  readonly rows: readonly CheckedRow[];
}

/**
 * Checks the newest entry of a history against those before it.
 *
 * @param entries that were measured in the same way, in the order in which they were measured; at least the newest
 * @param given which figures may get worse, and by how much; without any, nothing is judged
 * @throws ChatstreamError `usage` for a threshold on the limit of a search, which a history does not keep
 */
export function checkHistory(entries: readonly HistoryEntry[], given: readonly Threshold[]): HistoryCheck {
  const thresholds = given.filter(isOfFigure);
  if (thresholds.length < given.length) throw noLimits();
  const last = newest(entries);
  const gated = last.rows.flatMap(({ settings }) => [
    ...thresholds.map((threshold) => gatedRow(entries, settings, threshold)),
    ...impliedRows(entries, settings, thresholds),
  ]);
  const shown = last.rows.flatMap(({ settings }) =>
    defaultMetrics(last.plan.loop)
      .filter(({ id }) => gated.every(({ metric }) => metric.id !== id))
      .flatMap((metric) => shownRow(entries, settings, metric)),
  );
  const rows = [...gated.toSorted((one, other) => rank(one) - rank(other)), ...shown];
  return { verdict: overallVerdict(rows, last, thresholds.length > 0), newest: last, before: entries.length - 1, rows };
}

function noLimits(): ChatstreamError {
  return new ChatstreamError(
    'usage',
    '--fail-on find_max is about the limits of searches, which a history does not keep.',
    {
      hint: 'Compare two results of bench --find-max: chatstream compare before.json after.json --fail-on "find_max<5%".',
    },
  );
}

/** A server that fails more often fails the check, as it fails a comparison: latencies cover answers only. */
function impliedRows(
  entries: readonly HistoryEntry[],
  settings: Setting,
  thresholds: readonly FigureThreshold[],
): readonly CheckedRow[] {
  if (thresholds.length === 0 || thresholds.some(({ metric }) => metric.id === 'success_rate')) return [];
  const row = gatedRow(entries, settings, impliedThreshold);
  return row.judgement.type === 'gated' && row.judgement.outcome.verdict === 'regression' ? [row] : [];
}

function gatedRow(entries: readonly HistoryEntry[], settings: Setting, threshold: FigureThreshold): CheckedRow {
  const { metric } = threshold;
  const { row, value, series } = measured(entries, settings, metric);
  const outcome = (of: HistoryOutcome, evidence: Evidence | null = null): CheckedRow => ({
    settings,
    metric,
    series,
    value,
    evidence,
    judgement: { type: 'gated', threshold, outcome: of },
  });
  const before = value === null ? series : series.slice(0, -1);
  const inconclusive = (doubt: HistoryDoubt): CheckedRow => outcome({ verdict: 'inconclusive', doubt });
  if (isServerLost(newest(entries))) return outcome({ verdict: 'regression', cause: 'server-lost' });
  // This needs no statistics: a server that no longer answers must not pass because it has no figures.
  const isLost = value === null ? answersFewerThan(before, row, tail) : metric.type === 'rate' && value === 0;
  if (before.length > 0 && isLost) return outcome({ verdict: 'regression', cause: 'lost' });
  const ended = (): CheckedRow => inconclusive({ reason: 'not-measured', explanation: endedEarly });
  if (metric.id === 'success_rate') {
    const answered = successOutcome(row, before, threshold);
    return isGood(answered) && newest(entries).interrupted ? ended() : outcome(answered);
  }
  const conflict = loadConflict(row, earlierRows(entries, settings), newest(entries));
  if (conflict === 'overloaded') return outcome({ verdict: 'regression', cause: conflict });
  if (conflict !== null) return inconclusive({ reason: 'not-measured', explanation: conflict });
  if (isSaturated(row, metric)) return inconclusive({ reason: 'saturated-client' });
  if (value === null) return inconclusive({ reason: 'not-measured', explanation: missing(metric) });
  if (before.length < neededEntries) {
    const explanation = otherAnswersText(entries, settings, metric);
    return inconclusive(
      explanation === null
        ? { reason: 'too-few-entries', entries: before.length }
        : { reason: 'not-measured', explanation },
    );
  }
  const judged = judgeSeries(cutOf(series, metric), threshold);
  return isGood(judged) && newest(entries).interrupted
    ? ended()
    : outcome(outcomeOf(judged, threshold), judged.evidence);
}

/** On each side of an interval: 95 %. */
const tail = 0.025;

function isGood({ verdict }: Pick<HistoryOutcome, 'verdict'>): boolean {
  return verdict === 'pass' || verdict === 'improvement';
}

function earlierRows(entries: readonly HistoryEntry[], settings: Setting): readonly HistoryRow[] {
  return entries.slice(0, -1).flatMap((entry) => rowAt(entry, settings) ?? []);
}

/**
 * `overloaded` if the newest cannot follow a load that all before it could, as in a comparison; a sentence without its full
 * stop if its figures say little about the server for another reason; null if neither.
 */
function loadConflict(row: HistoryRow, earlier: readonly HistoryRow[], { plan }: HistoryEntry): string | null {
  if (isOverloadedRow(row)) {
    // Lines of older versions do not say.
    const known = earlier.flatMap(({ overloaded_trials: overloaded }) => overloaded ?? []);
    // A search goes beyond the limit on purpose.
    const isNew = plan.find_max === undefined && known.length > 0 && known.every((overloaded) => overloaded === 0);
    return isNew ? 'overloaded' : grewWithoutEnd;
  }
  const reasons = row.aborted_on ?? [];
  return reasons.length === 0
    ? null
    : `--abort-on ${listed(reasons)} ended trials of the newest result before their time`;
}

const grewWithoutEnd =
  'the queue grew without end in the newest result, so the figures depend on how long was measured';

/** Failures are counted, those of all earlier entries together: neither their spread nor their number matters. */
function successOutcome(row: HistoryRow, before: readonly SeriesPoint[], threshold: FigureThreshold): HistoryOutcome {
  const { successes, attempts } = answeredOf(row);
  if (successes > 0 && successes === attempts) return { verdict: 'pass' };
  const ratio = proportionRatio(answeredTogether(before), { successes, attempts }, tail);
  if (ratio === null) return { verdict: 'inconclusive', doubt: { reason: 'too-few-entries', entries: before.length } };
  const { verdict } = judge(ratio.interval, threshold);
  if (verdict === 'regression') return { verdict, cause: 'beyond-limit' };
  return verdict === 'inconclusive' ? { verdict, doubt: { reason: 'too-wide' } } : { verdict };
}

const endedEarly = 'the newest measurement ended before it was complete';

function newest(entries: readonly HistoryEntry[]): HistoryEntry {
  const last = entries.at(-1);
  if (last === undefined) throw new Error('there is no entry');
  return last;
}

function outcomeOf({ verdict, evidence }: JudgedSeries, threshold: Threshold): HistoryOutcome {
  switch (verdict) {
    case 'regression':
      return { verdict, cause: 'beyond-limit' };
    case 'inconclusive': {
      const delay = delayIn(evidence.change, threshold);
      if (delay === null) return { verdict, doubt: { reason: 'too-wide' } };
      return { verdict, doubt: { reason: 'client-delay', isAlone: delay === 'alone' } };
    }
    case 'pass':
    case 'improvement':
      return { verdict };
  }
}

function shownRow(entries: readonly HistoryEntry[], settings: Setting, metric: ComparedMetric): readonly CheckedRow[] {
  const { row, value, series } = measured(entries, settings, metric);
  if (value === null || (value === 0 && metric.type === 'rate')) return [];
  const cut = cutOf(series, metric);
  const isSteady = loadConflict(row, [], newest(entries)) === null;
  const evidence = isSteady && series.length > neededEntries ? newestOverLevel(cut, metric) : null;
  const tendency = evidence === null ? 'unclear' : tendencyOf(evidence.change.interval, metric.type);
  return [{ settings, metric, series, value, evidence, judgement: { type: 'shown', tendency } }];
}

interface Measured {
  readonly row: HistoryRow;
  readonly value: number | null;
  readonly series: readonly SeriesPoint[];
}

/** The series without rates of 0 before the newest: of a server that did not answer, they say nothing about its speed. */
function measured(entries: readonly HistoryEntry[], settings: Setting, metric: ComparedMetric): Measured {
  const last = newest(entries);
  const row = rowAt(last, settings);
  if (row === undefined) throw new Error('the newest entry does not have the setting');
  const value = row.figures[metric.id] ?? null;
  const series = seriesOf(entries, settings, metric);
  return {
    row,
    value,
    series: series.filter((point) => point.value !== 0 || metric.type === 'latency' || point.entry === last),
  };
}

function missing(metric: ComparedMetric): string {
  return metric.type === 'latency'
    ? `the newest result does not have enough samples of ${metric.id}: ${neededSamplesText(metric)}`
    : `the newest result does not have ${metric.id}`;
}

const severity = { regression: 0, inconclusive: 1, pass: 2, improvement: 3 } as const;

function rank({ judgement }: CheckedRow): number {
  return judgement.type === 'gated' ? severity[judgement.outcome.verdict] : 4;
}

function overallVerdict(rows: readonly CheckedRow[], last: HistoryEntry, isJudged: boolean): HistoryCheck['verdict'] {
  // A server that was lost in its first trial has no figures.
  if (rows.length === 0) return isJudged && isServerLost(last) ? 'regression' : 'inconclusive';
  const verdicts = rows.flatMap(({ judgement }) => (judgement.type === 'gated' ? [judgement.outcome.verdict] : []));
  if (!isJudged) return 'none';
  if (verdicts.includes('regression')) return 'regression';
  return verdicts.includes('inconclusive') ? 'inconclusive' : 'pass';
}
