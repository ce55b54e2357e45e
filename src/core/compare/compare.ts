import { ChatstreamError } from '../base/errors.js';
import { wholeSettingText } from '../measurement/setting-text.js';
import type { Run } from '../measurement/result-schema.js';
import { settingsKey } from '../measurement/summarise.js';
import { defaultMetrics } from './compared-metric.js';
import type { ComparedRow, Comparison } from './comparison.js';
import { checkComparable, differencesOf } from './differences.js';
import { notesOf } from './notes.js';
import { overallVerdict, worstFirst } from './order.js';
import { SettingPair } from './setting-pair.js';
import { SettingTrials } from './setting-trials.js';
import type { Sides } from './side.js';
import type { Threshold } from './threshold.js';

export interface CompareOptions {
  /** What may get worse, and by how much; none: nothing is judged. */
  readonly thresholds: readonly Threshold[];
  /** Differences that are known not to matter. */
  readonly allowed: readonly string[];
}

/**
 * Holds a candidate against a baseline, setting by setting and figure by figure.
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
        return row.judgement.kind === 'shown' && saysNothing(row) ? [] : [row];
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

/** What is not known, or that everything was answered as it should be. */
function saysNothing({ metric, ratio, baseline, candidate }: ComparedRow): boolean {
  return ratio === null || (metric.id === 'success_rate' && baseline === 1 && candidate === 1);
}

function bySetting(runs: readonly Run[]): Map<string, Run[]> {
  const settings = new Map<string, Run[]>();
  for (const run of runs) {
    const key = settingsKey(run.settings);
    const trials = settings.get(key);
    if (trials === undefined) settings.set(key, [run]);
    else trials.push(run);
  }
  return settings;
}

/** Of an interleaved run only the trials that both sides have, in the same order: an interrupted one has one too many. */
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
  const listed = (runs: ReadonlyMap<string, Run[]>): string =>
    [...runs.values()].flatMap(([run]) => (run === undefined ? [] : wholeSettingText(run.settings))).join('; ') ||
    'nothing';
  return new ChatstreamError(
    'usage',
    `Baseline and candidate have no setting in common: ${listed(before)} against ${listed(after)}.`,
    { hint: 'Measure both with the same --concurrency, --rate and --max-concurrency.' },
  );
}
