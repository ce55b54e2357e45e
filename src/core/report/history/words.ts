import type { ComparedMetric } from '../../compare/compared-metric.js';
import type { CheckedRow, HistoryDoubt } from '../../history/check.js';
import type { HistoryEntry } from '../../history/entry-schema.js';
import { type Evidence, neededEntries } from '../../history/judge-series.js';
import { plural, whole } from '../../measurement/numbers.js';
import { wholeSettingText } from '../../measurement/settings/setting-text.js';
import type { LevelRatio } from '../../statistics/levels.js';
import { delayAlone, lighterLoad } from '../compare/words.js';

/** A commit as git shortens it: `1a2b3c4`, `1a2b3c4+` with changes that were not committed; null if it is not known. */
export function commitText({ commit, dirty }: HistoryEntry): string | null {
  return commit === null ? null : `${commit.slice(0, 7)}${dirty === true ? '+' : ''}`;
}

/** `2026-03-01 14:05`, in UTC. */
export function timeOfEntry({ started_at }: HistoryEntry): string {
  return new Date(started_at).toISOString().slice(0, 16).replace('T', ' ');
}

/** The commit, or else the time: `commit 1a2b3c4`, `2026-03-01 14:05`. */
export function entryName(entry: HistoryEntry): string {
  const commit = commitText(entry);
  return commit === null ? timeOfEntry(entry) : `commit ${commit}`;
}

/** `ttft.p95 at 8 clients and max-concurrency 4`. */
export function checkedName({ metric, settings }: Pick<CheckedRow, 'metric' | 'settings'>): string {
  return `${metric.id} at ${wholeSettingText(settings)}`;
}

/** A ratio as a change: `+18.0 %`, `−4.2 %`, `0 %`. The space does not break. */
export function signedPercent(ratio: number): string {
  return `${signOf(ratio)}${percentOf(ratio)}`;
}

/** `+12.1 to +25.0 %`; `0 %` for an interval without width. */
export function changeInterval({ interval: { lower, upper } }: LevelRatio): string {
  if (signedPercent(lower) === signedPercent(upper)) return signedPercent(lower);
  return `${signOf(lower)}${figureOf(lower)} to ${signedPercent(upper)}`;
}

/** `rose by 18.0 % (95 % interval +12.1 to +25.0 %)`. */
export function changeText(change: LevelRatio): string {
  return `${change.ratio >= 1 ? 'rose' : 'fell'} by ${percentOf(change.ratio)} (95 % interval ${changeInterval(change)})`;
}

function signOf(ratio: number): string {
  return figureOf(ratio) === '0' ? '' : ratio > 1 ? '+' : '−';
}

function percentOf(ratio: number): string {
  return `${figureOf(ratio)}\u00a0%`;
}

/** By how many percent a ratio differs from 1. */
function figureOf(ratio: number): string {
  const percent = Math.abs(ratio - 1) * 100;
  if (percent < 0.05) return '0';
  return percent < 99.95 ? percent.toFixed(1) : whole(percent);
}

/** `the newest run`, `3 runs ago`. */
export function agoText(runs: number): string {
  return runs === 0 ? 'the newest run' : `${plural(runs, 'run')} ago`;
}

/** What happened, when, as the end of a sentence: `rose by 18.0 % (…) at commit 1a2b3c4, 3 runs ago`. */
export function evidenceText({ series }: CheckedRow, evidence: Evidence): string {
  const { change } = evidence;
  if (evidence.type === 'newest') {
    const direction = change.ratio >= 1 ? 'above' : 'below';
    return `is ${percentOf(change.ratio)} ${direction} its level before (95 % interval ${changeInterval(change)})`;
  }
  const point = series[evidence.index];
  const where = point === undefined ? '' : ` at ${entryName(point.entry)}`;
  return `${changeText(change)}${where}, ${agoText(series.length - 1 - evidence.index)}`;
}

/** The part of the load generator's own delay in a doubt, without the figures. */
export function delayDoubtText({ isAlone }: Extract<HistoryDoubt, { reason: 'client-delay' }>): string {
  return isAlone ? delayAlone : delayWithNoise;
}

const delayWithNoise = `the load generator's own delay and noise together may be the difference to the limit: ${lighterLoad}, or once more`;

/** What is wrong and what to do about it, as the end of a sentence without its full stop. */
export function historyDoubtText(doubt: HistoryDoubt, row: CheckedRow): string {
  switch (doubt.reason) {
    case 'too-few-entries':
      return `there ${doubt.entries === 1 ? 'is' : 'are'} ${plural(doubt.entries, 'comparable result')} before the newest, and ${neededEntries} are needed`;
    case 'too-wide': {
      if (row.evidence === null) return 'the rate is too close to its limit to decide';
      const advice =
        row.evidence.type === 'newest' ? 'may be noise: measure once more' : 'is too close to the limit to decide';
      return `${evidenceText(row, row.evidence)}, which ${advice}`;
    }
    case 'client-delay': {
      const evidence = row.evidence === null ? '' : `${evidenceText(row, row.evidence)}, and `;
      return evidence + delayDoubtText(doubt);
    }
    case 'saturated-client':
      return `the load generator was saturated, so the figures include its own delays: ${lighterLoad}`;
    case 'not-measured':
      return doubt.explanation;
  }
}

export function unitOf(metric: ComparedMetric): 'ms' | 'per_second' | 'share' {
  if (metric.type === 'latency') return 'ms';
  return metric.rate === 'success_rate' ? 'share' : 'per_second';
}
