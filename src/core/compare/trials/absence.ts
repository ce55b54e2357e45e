import type { ComparedMetric } from '../compared-metric.js';
import type { SettingTrials } from './setting-trials.js';

/**
 * Why there is nothing to compare if at least one side answers requests and never has this figure: a sentence without
 * its full stop. Null if both have it, or just too few samples of it.
 *
 * @param what stands for the figure in the sentence
 */
export function absenceOf(
  metric: ComparedMetric,
  baseline: SettingTrials,
  candidate: SettingTrials,
  what: string = metric.id,
): string | null {
  const absent = { baseline: baseline.neverHas(metric), candidate: candidate.neverHas(metric) };
  const bursts = (whose: string, ...sides: readonly SettingTrials[]): string =>
    isFromGaps(metric) && sides.every(hasBursts) ? `, because ${whose} answers arrived in bursts` : '';
  if (absent.baseline && absent.candidate) return `neither side has ${what}${bursts('the', baseline, candidate)}`;
  if (absent.candidate && baseline.value(metric) !== null) {
    return `only the baseline has ${what}${bursts("the candidate's", candidate)}`;
  }
  if (absent.baseline && candidate.value(metric) !== null) {
    return `only the candidate has ${what}${bursts("the baseline's", baseline)}`;
  }
  return null;
}

/** The time between two tokens; an answer in one burst has none. */
function isFromGaps(metric: ComparedMetric): boolean {
  return metric.type === 'latency' && (metric.metric === 'tpot' || metric.metric === 'chunk_gap');
}

function hasBursts({ runs }: SettingTrials): boolean {
  return runs.some(({ checks }) => (checks.burst_answers ?? 0) > 0);
}
