import type { ComparedMetric } from '../../compare/compared-metric.js';
import type { CheckedRow, HistoryDoubt } from '../../history/check.js';
import type { HistoryEntry } from '../../history/entry-schema.js';
import { type Evidence, neededEntries } from '../../history/judge-series.js';
import { plural, significant } from '../../measurement/numbers.js';
import { wholeSettingText } from '../../measurement/setting-text.js';
import type { LevelRatio } from '../../statistics/levels.js';

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

/** A ratio as a change: `+18 %`, `−4.2 %`. */
export function signedPercent(ratio: number): string {
  const sign = ratio >= 1 ? '+' : '−';
  return `${sign}${percentOf(Math.abs(ratio - 1))}`;
}

/** `+12 to +25 %`. */
export function changeInterval({ interval }: LevelRatio): string {
  return `${signedPercent(interval.lower).replace(' %', '')} to ${signedPercent(interval.upper)}`;
}

/** `rose by 18 % (95 % interval +12 to +25 %)`. */
export function changeText(change: LevelRatio): string {
  const { ratio } = change;
  return `${ratio >= 1 ? 'rose' : 'fell'} by ${percentOf(Math.abs(ratio - 1))} (95 % interval ${changeInterval(change)})`;
}

function percentOf(share: number): string {
  const percent = share * 100;
  return `${percent === 0 ? '0' : percent < 10 ? String(Number(percent.toFixed(1))) : significant(percent)} %`;
}

/** What happened, when, as the rest of a sentence: `rose by 18 % (…) at commit 1a2b3c4, 3 runs ago`. */
export function evidenceText({ series }: CheckedRow, evidence: Evidence): string {
  if (evidence.type === 'newest') {
    const { ratio } = evidence.change;
    const by = `${percentOf(Math.abs(ratio - 1))} ${ratio >= 1 ? 'above' : 'below'} its level`;
    return `of the newest run is ${by} before (95 % interval ${changeInterval(evidence.change)})`;
  }
  const point = series[evidence.index];
  const runs = series.length - 1 - evidence.index;
  const ago = runs === 0 ? 'the newest run' : `${plural(runs, 'run')} ago`;
  return `${changeText(evidence.change)}${point === undefined ? '' : ` at ${entryName(point.entry)}`}, ${ago}`;
}

/** What is wrong and what to do about it, as the rest of a sentence without its full stop. */
export function historyDoubtText(doubt: HistoryDoubt, row: CheckedRow): string {
  switch (doubt.reason) {
    case 'too-few-entries':
      return `there are ${plural(doubt.entries, 'comparable result')} before the newest, and ${neededEntries} are needed`;
    case 'too-wide': {
      const what = row.evidence === null ? '' : `${evidenceText(row, row.evidence)}, which `;
      return `${what}may be noise: measure once more`;
    }
    case 'saturated-client':
      return 'the load generator was saturated, so the figures include its own delays: measure with fewer clients, more --workers, or from another machine';
    case 'not-measured':
      return doubt.explanation;
  }
}

export function unitOf(metric: ComparedMetric): 'ms' | 'per_second' | 'share' {
  if (metric.type === 'latency') return 'ms';
  return metric.rate === 'success_rate' ? 'share' : 'per_second';
}
