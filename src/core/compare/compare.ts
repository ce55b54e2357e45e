import { ChatstreamError } from '../base/errors.js';
import { listed, percentText } from '../measurement/numbers.js';
import { cachedShareDifference } from '../measurement/prompt-cache.js';
import type { Run } from '../measurement/result-schema.js';
import { wholeSettingText } from '../measurement/setting-text.js';
import { bySetting, settingsKey } from '../measurement/summarise.js';
import { type ComparedMetric, defaultMetrics } from './compared-metric.js';
import { type ComparedRow, type Comparison, overallVerdict, worstFirst } from './comparison.js';
import { checkComparable, differencesOf } from './differences.js';
import { SettingPair } from './setting-pair.js';
import { SettingTrials } from './setting-trials.js';
import type { Side, Sides } from './side.js';
import { parseThreshold, type Threshold } from './threshold.js';

export interface CompareOptions {
  /** Which figures may get worse, and by how much. Without any, nothing is judged. */
  readonly thresholds: readonly Threshold[];
  /** Differences that do not matter, as `--allow` names them. */
  readonly allowed: readonly string[];
  /** How many candidates are compared with this baseline; 1 if it is not given. */
  readonly candidates?: number;
  /** Leaves out the figures without thresholds, which takes less time. */
  readonly gatedOnly?: boolean;
}

/** A server that fails more often fails the gate, even if only latencies were given thresholds: they cover answers only. */
const impliedThreshold = parseThreshold('success_rate<1%');

/**
 * Compares a candidate with a baseline, setting by setting and figure by figure.
 *
 * @throws ChatstreamError `usage` if they are not comparable, or have no setting in common
 */
export function compare(
  sides: Sides,
  { thresholds, allowed, candidates = 1, gatedOnly = false }: CompareOptions,
): Comparison {
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
    ...defaultMetrics(candidate.plan.loop).filter(
      ({ id }) => thresholds.every(({ metric }) => metric.id !== id) && (!gatedOnly || id === 'success_rate'),
    ),
  ];
  const pairs = common.map((each) => {
    const key = settingsKey(each);
    const [one, other] = matched(before.get(key) ?? [], after.get(key) ?? [], interleaved);
    const trials = [new SettingTrials(one, baseline), new SettingTrials(other, candidate)] as const;
    return new SettingPair(each, ...trials, { interleaved, candidates });
  });
  const shown = metrics.slice(thresholds.length);
  const rows = worstFirst(
    pairs.flatMap((pair) =>
      metrics.flatMap((metric) => {
        const row = rowOf(pair, metric, thresholds);
        return row.judgement.type === 'shown' && saysNothing(row) ? [] : [row];
      }),
    ),
  );
  return {
    ...sides,
    verdict: overallVerdict(rows, sides),
    rows,
    unmatched: {
      baseline: settings.filter((each) => !after.has(settingsKey(each))),
      candidate: [...after].flatMap(([key, runs]) => (before.has(key) ? [] : (runs[0]?.settings ?? []))),
    },
    differences,
    notes: notesOf(sides, pairs, shown),
  };
}

function rowOf(pair: SettingPair, metric: ComparedMetric, thresholds: readonly Threshold[]): ComparedRow {
  const threshold = thresholds.find((each) => each.metric.id === metric.id) ?? null;
  if (threshold === null && metric.id === 'success_rate' && thresholds.length > 0) {
    const implied = pair.compare(metric, impliedThreshold);
    if (implied.judgement.type === 'gated' && implied.judgement.outcome.verdict === 'regression') return implied;
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
  const notes = [...failureNotes(pairs), ...endNotes(baseline, candidate), ...conflictNotes(pairs, shown)];
  const [before, after] = [kindOf(baseline), kindOf(candidate)];
  const cache = interleaved ? cachedShareDifference(baseline.runs, candidate.runs) : null;
  if (cache !== null) notes.push(`The servers' prompt caches helped them differently: ${cache}.`);
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

function endNotes(baseline: Side, candidate: Side): string[] {
  const [before, after] = [baseline.endedEarly, candidate.endedEarly];
  if (before !== null && after?.message === before.message) {
    return [`The measurement ended before it was complete: ${before.message}`];
  }
  return [
    ...(before === null ? [] : [`The measurement of the baseline ended before it was complete: ${before.message}`]),
    ...(after === null ? [] : [`The measurement of the candidate ended before it was complete: ${after.message}`]),
  ];
}

function kindOf({ target }: Side): string {
  return target.server.split('/', 1)[0] ?? target.server;
}
