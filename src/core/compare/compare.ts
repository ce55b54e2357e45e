import { ChatstreamError } from '../base/errors.js';
import { listed, percentText } from '../measurement/numbers.js';
import type { Run } from '../measurement/result-schema.js';
import { wholeSettingText } from '../measurement/setting-text.js';
import { bySetting, settingsKey } from '../measurement/summarise.js';
import { type ComparedMetric, defaultMetrics } from './compared-metric.js';
import { type ComparedRow, type Comparison, overallVerdict, worstFirst } from './comparison.js';
import { checkComparable, differencesOf } from './differences.js';
import { SettingPair } from './setting-pair.js';
import { SettingTrials } from './setting-trials.js';
import type { Side, Sides } from './side.js';
import type { Threshold } from './threshold.js';

export interface CompareOptions {
  /** Which figures may get worse, and by how much. Without any, nothing is judged. */
  readonly thresholds: readonly Threshold[];
  /** Differences that do not matter, as `--allow` names them. */
  readonly allowed: readonly string[];
}

/**
 * Compares a candidate with a baseline, setting by setting and figure by figure.
 *
 * @throws ChatstreamError `usage` if they are not comparable, or have no setting in common
 */
export function compare(sides: Sides, { thresholds, allowed }: CompareOptions): Comparison {
  const { baseline, candidate, interleaved } = sides;
  const differences = differencesOf(sides);
  checkComparable(differences, allowed);

  const before = bySetting(baseline.runs);
  const after = bySetting(candidate.runs);
  const settings = [...before.values()].flatMap((runs) => runs[0]?.settings ?? []);
  const common = settings.filter((each) => after.has(settingsKey(each)));
  if (common.length === 0) throw nothingInCommon(before, after);

  const metrics = [
    ...thresholds.map(({ metric }) => metric),
    ...defaultMetrics(candidate.plan.loop).filter(({ id }) => thresholds.every(({ metric }) => metric.id !== id)),
  ];
  const pairs = common.map((each) => {
    const key = settingsKey(each);
    const [one, other] = matched(before.get(key) ?? [], after.get(key) ?? [], interleaved);
    return new SettingPair(each, new SettingTrials(one, baseline), new SettingTrials(other, candidate), interleaved);
  });
  const shown = metrics.slice(thresholds.length);
  const rows = worstFirst(
    pairs.flatMap((pair) =>
      metrics.flatMap((metric) => {
        const row = pair.compare(metric, thresholds.find((threshold) => threshold.metric.id === metric.id) ?? null);
        return row.judgement.type === 'shown' && saysNothing(row) ? [] : [row];
      }),
    ),
  );
  return {
    ...sides,
    verdict: overallVerdict(rows),
    rows,
    unmatched: {
      baseline: settings.filter((each) => !after.has(settingsKey(each))),
      candidate: [...after].flatMap(([key, runs]) => (before.has(key) ? [] : (runs[0]?.settings ?? []))),
    },
    differences,
    notes: notesOf(sides, pairs, shown),
  };
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

function nothingInCommon(before: ReadonlyMap<string, Run[]>, after: ReadonlyMap<string, Run[]>): ChatstreamError {
  const settingsOf = (runs: ReadonlyMap<string, Run[]>): string =>
    [...runs.values()].flatMap(([run]) => (run === undefined ? [] : wholeSettingText(run.settings))).join('; ') ||
    'nothing';
  return new ChatstreamError(
    'usage',
    `Baseline and candidate have no setting in common: ${settingsOf(before)} in the baseline, ${settingsOf(after)} in the candidate.`,
    { hint: 'Measure both with the same --concurrency, --rate and --max-concurrency.' },
  );
}

/** A share of all requests. If the candidate fails this much more often, there is a note: failed requests have no latency. */
const moreFailures = 0.005;

/**
 * What a reader should know about two results and cannot see in their figures.
 *
 * @param shown the figures without a threshold; one with a threshold is inconclusive for the same reasons
 */
function notesOf(
  { baseline, candidate, interleaved }: Sides,
  pairs: readonly SettingPair[],
  shown: readonly ComparedMetric[],
): readonly string[] {
  const notes = [...failureNotes(pairs), ...interruptionNotes(baseline, candidate), ...conflictNotes(pairs, shown)];
  const [before, after] = [kindOf(baseline), kindOf(candidate)];
  if (before !== after) notes.push(`The servers are different programs: ${before} and ${after}.`);
  if (baseline.toolVersion !== candidate.toolVersion) {
    notes.push(
      `The load generators were different versions of chatstream: ${baseline.toolVersion} and ${candidate.toolVersion}.`,
    );
  }
  if (!interleaved) {
    notes.push(
      'The two were measured one after the other, so a change of the machine in between looks like a change of the server. bench --versus measures them alternately.',
    );
  }
  return notes;
}

function failureNotes(pairs: readonly SettingPair[]): string[] {
  return pairs.flatMap(({ settings, baseline, candidate }) => {
    const [before, after] = [baseline.failedShare, candidate.failedShare];
    if (after - before <= moreFailures) return [];
    const where = wholeSettingText(settings);
    return [
      `At ${where} the candidate left ${percentText(after)} of the requests without an answer (baseline ${percentText(before)}); latencies cover only the others. Gate on it with --fail-on "success_rate<1%".`,
    ];
  });
}

/** Why figures that both sides have are not in the table: each reason once. */
function conflictNotes(pairs: readonly SettingPair[], shown: readonly ComparedMetric[]): string[] {
  const metrics = new Map<string, Set<string>>();
  for (const metric of shown) {
    for (const conflict of pairs.map((pair) => pair.conflict(metric))) {
      if (conflict !== null) metrics.set(conflict, (metrics.get(conflict) ?? new Set()).add(metric.id));
    }
  }
  return [...metrics].map(
    ([conflict, ids]) => `${listed([...ids])} ${ids.size === 1 ? 'is' : 'are'} not compared: ${conflict}.`,
  );
}

function interruptionNotes(baseline: Side, candidate: Side): string[] {
  // In an interleaved run both sides say the same.
  if (baseline.interrupted && candidate.interrupted) return ['The measurement was interrupted before it was complete.'];
  if (baseline.interrupted) return ['The measurement of the baseline was interrupted before it was complete.'];
  return candidate.interrupted ? ['The measurement of the candidate was interrupted before it was complete.'] : [];
}

function kindOf({ target }: Side): string {
  return target.server.split('/', 1)[0] ?? target.server;
}
