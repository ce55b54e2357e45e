import { ChatstreamError } from '../../base/errors.js';
import { bySetting, settingsKey } from '../../measurement/by-setting.js';
import type { Run, Setting } from '../../measurement/result-schema.js';
import { fromLowest } from '../../measurement/settings/setting-text.js';
import { type ComparedMetric, defaultMetrics } from '../compared-metric.js';
import { type ComparedRow, type Comparison, type OverallVerdict, overallVerdict, worstFirst } from '../comparison.js';
import { checkComparable, differencesOf } from '../differences.js';
import { checkModels, unexpectedModels } from '../models.js';
import { isCompared, noCommonSetting } from '../nothing-compared.js';
import type { Side, Sides } from '../side.js';
import { type FigureThreshold, impliedThreshold, isOfFigure, isOfLimit, type Threshold } from '../threshold.js';
import { SettingTrials } from '../trials/setting-trials.js';
import { notesOf } from './notes.js';
import { limitRowOf } from './search-limit.js';
import { SettingPair } from './setting-pair.js';

export interface CompareOptions {
  /** Which figures may get worse, and by how much. Without any, nothing is judged. */
  readonly thresholds: readonly Threshold[];
  /** Differences that do not matter, as `--allow` names them. */
  readonly allowed: readonly string[];
  /** Refuses to compare two models that were measured in one run, unless that is allowed; false if omitted. */
  readonly strict?: boolean;
  /** How many candidates are compared with this baseline; 1 if omitted. */
  readonly candidates?: number;
  /** Leaves out the figures without thresholds, which takes less time. */
  readonly gatedOnly?: boolean;
}

/**
 * Compares a candidate with a baseline, setting by setting and figure by figure.
 *
 * @throws ChatstreamError `usage` if they are not comparable, or have no setting in common
 */
export function compare(
  sides: Sides,
  { thresholds: given, allowed, strict = false, candidates = 1, gatedOnly = false }: CompareOptions,
): Comparison {
  const { baseline, candidate, interleaved } = sides;
  const differences = differencesOf(sides);
  checkComparable(differences, allowed);
  const models = interleaved ? unexpectedModels(sides, allowed) : null;
  if (strict) checkModels(models);

  const thresholds = given.filter(isOfFigure);
  const limitThreshold = given.find(isOfLimit) ?? null;
  const limitRow = limitRowOf(sides, limitThreshold, candidates);
  if (limitThreshold !== null && limitRow === null) throw notSearched();

  const settings = settingsOf(sides);
  // Two searches need not have measured the same loads, so their limits are compared.
  const isEnough = limitRow !== null && thresholds.length === 0;
  if (settings.common.length === 0 && !isLost(baseline) && !isLost(candidate) && !isEnough)
    throw nothingInCommon(sides);

  const judged = thresholds.map(({ metric }) => metric);
  const shown = shownMetrics(candidate, judged, gatedOnly);
  const metrics = [...judged, ...shown];
  const pairs = settings.common.map((each) => pairAt(each, sides, candidates));
  // A search goes beyond the limit on purpose, and a request without an answer misses its objectives.
  const implied = thresholds.length === 0 || limitRow !== null ? null : impliedThreshold;
  const rows = worstFirst([
    ...(limitRow === null ? [] : [limitRow]),
    ...pairs.flatMap((pair) =>
      metrics.flatMap((metric) => {
        const row = rowOf(pair, metric, thresholds, implied);
        return row.judgement.type === 'shown' && saysNothing(row) ? [] : [row];
      }),
    ),
  ]);
  return {
    ...sides,
    verdict: verdictOn(rows, sides, given.length > 0),
    rows,
    unmatched: settings.unmatched,
    differences,
    models,
    notes: notesOf(sides, pairs, shown),
  };
}

/** The settings that both sides have measured, and those that only one has, each from the lowest. */
function settingsOf({ baseline, candidate }: Sides): {
  readonly common: readonly Setting[];
  readonly unmatched: Comparison['unmatched'];
} {
  const [before, after] = [measuredSettings(baseline), measuredSettings(candidate)];
  const isIn = (settings: readonly Setting[]): ((setting: Setting) => boolean) => {
    const keys = new Set(settings.map(settingsKey));
    return (setting) => keys.has(settingsKey(setting));
  };
  const [isBefore, isAfter] = [isIn(before), isIn(after)];
  return {
    common: before.filter(isAfter),
    unmatched: {
      baseline: before.filter((each) => !isAfter(each)),
      candidate: after.filter((each) => !isBefore(each)),
    },
  };
}

function measuredSettings({ runs }: Side): readonly Setting[] {
  return fromLowest([...bySetting(runs).values()].flatMap(([first]) => first?.settings ?? []));
}

/** The figures without thresholds that are compared. */
function shownMetrics(
  { plan }: Side,
  judged: readonly ComparedMetric[],
  gatedOnly: boolean,
): readonly ComparedMetric[] {
  return defaultMetrics(plan.loop).filter(
    ({ id }) => judged.every((metric) => metric.id !== id) && (!gatedOnly || id === 'success_rate'),
  );
}

function pairAt(setting: Setting, { baseline, candidate, interleaved }: Sides, candidates: number): SettingPair {
  const key = settingsKey(setting);
  const all = [baseline, candidate].map(({ runs }) => runs.filter((run) => settingsKey(run.settings) === key));
  const [before = [], after = []] = all;
  const [one, other] = matched(before, after, interleaved);
  const trials = [new SettingTrials(one, baseline, before), new SettingTrials(other, candidate, after)] as const;
  return new SettingPair(setting, ...trials, { interleaved, candidates });
}

/** A server that was lost in its first trial has no figures, and readers have to know that. */
function isLost({ runs, endedEarly }: Side): boolean {
  return endedEarly !== null && (endedEarly.cause === 'target-lost' || runs.length === 0);
}

/** If nothing could be compared, that is the verdict, even if nothing was to be judged. */
function verdictOn(rows: readonly ComparedRow[], sides: Sides, isJudged: boolean): OverallVerdict {
  if (isJudged) return overallVerdict(rows, sides);
  return rows.some(isCompared) ? 'none' : 'inconclusive';
}

function rowOf(
  pair: SettingPair,
  metric: ComparedMetric,
  thresholds: readonly FigureThreshold[],
  implied: FigureThreshold | null,
): ComparedRow {
  const threshold = thresholds.find((each) => each.metric.id === metric.id) ?? null;
  if (threshold === null && metric.id === implied?.metric.id) {
    const row = pair.compare(metric, implied);
    if (row.judgement.type === 'gated' && row.judgement.outcome.verdict === 'regression') return row;
  }
  return pair.compare(metric, threshold);
}

/** Whether a row without a threshold is not worth showing: its ratio is unknown, or both sides answered every request. */
function saysNothing({ metric, ratio, baseline, candidate }: ComparedRow): boolean {
  return ratio === null || (metric.id === 'success_rate' && baseline === 1 && candidate === 1);
}

/** In an interleaved run, only the trials that both sides have, in the same order: an interrupted run has one too many. */
function matched(
  before: readonly Run[],
  after: readonly Run[],
  interleaved: boolean,
): readonly [readonly Run[], readonly Run[]] {
  if (!interleaved) return [before, after];
  const partners = new Map(after.map((run) => [run.trial, run]));
  const both = before.flatMap((run) => {
    const partner = partners.get(run.trial);
    return partner === undefined ? [] : [{ run, partner }];
  });
  return [both.map(({ run }) => run), both.map(({ partner }) => partner)];
}

function notSearched(): ChatstreamError {
  return new ChatstreamError(
    'usage',
    '--fail-on find_max is about the limits of two searches, and these results have none.',
    {
      hint: 'Give two results of bench --find-max, or a threshold for another figure, such as ttft.p95>10%.',
    },
  );
}

function nothingInCommon(sides: Sides): ChatstreamError {
  const problem = noCommonSetting(sides);
  return new ChatstreamError('usage', `${problem.slice(0, 1).toUpperCase()}${problem.slice(1)}.`, {
    hint: 'Measure both with the same --concurrency, --rate and --max-concurrency.',
  });
}
