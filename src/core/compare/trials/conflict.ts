import { listed } from '../../measurement/numbers.js';
import { goodputLimits } from '../../measurement/settings/objectives.js';
import { isOverloaded } from '../../measurement/validity/overload.js';
import type { ComparedMetric } from '../compared-metric.js';
import { areOtherLengths, dependsOnLength, meanText, mostFailures } from './answer-lengths.js';
import type { SettingTrials } from './setting-trials.js';

/**
 * Why the figures of both sides do not mean the same, as a sentence without its full stop; null if they do. More trials
 * would not change this.
 */
export function conflictOf(metric: ComparedMetric, baseline: SettingTrials, candidate: SettingTrials): string | null {
  // Failures are counted, whatever the load was and however long it lasted.
  if (metric.id === 'success_rate') return null;
  return loadConflict(baseline, candidate) ?? meaningConflict(metric, baseline, candidate);
}

/** Figures of a load that the server could not follow, or of part of the run, say little about the server. */
function loadConflict(baseline: SettingTrials, candidate: SettingTrials): string | null {
  const where = (sides: { readonly baseline: boolean; readonly candidate: boolean }): string => {
    if (sides.baseline && sides.candidate) return 'on both sides';
    return sides.baseline ? 'in the baseline' : 'in the candidate';
  };
  const overloaded = { baseline: isOverloaded(baseline.runs), candidate: isOverloaded(candidate.runs) };
  if (overloaded.baseline || overloaded.candidate) {
    return `the queue grew without end ${where(overloaded)}, so the figures depend on how long was measured`;
  }
  const reasons = { baseline: abortReasons(baseline), candidate: abortReasons(candidate) };
  const all = [...new Set([...reasons.baseline, ...reasons.candidate])].sort();
  if (all.length === 0) return null;
  const ended = { baseline: reasons.baseline.length > 0, candidate: reasons.candidate.length > 0 };
  return `--abort-on ${listed(all)} ended trials before their time ${where(ended)}`;
}

function abortReasons({ runs }: SettingTrials): readonly string[] {
  return runs.flatMap(({ aborted_on: reason }) => reason ?? []);
}

function meaningConflict(metric: ComparedMetric, baseline: SettingTrials, candidate: SettingTrials): string | null {
  if (metric.id === 'goodput') {
    const [before, after] = [limitsText(baseline), limitsText(candidate)];
    if (before !== after) return `its objectives are ${before} in the baseline and ${after} in the candidate`;
  }
  if (metric.type === 'latency' && metric.metric === 'queue_wait') {
    const [before, after] = [queueWaitSources(baseline), queueWaitSources(candidate)];
    if (before !== after) return `the queue wait is ${before} in the baseline and ${after} in the candidate`;
  }
  return countingConflict(metric, baseline, candidate) ?? lengthConflict(metric, baseline, candidate);
}

function countingConflict(metric: ComparedMetric, baseline: SettingTrials, candidate: SettingTrials): string | null {
  const countsTokens =
    metric.type === 'latency' ? metric.metric === 'tpot' : metric.rate === 'output_tokens_per_second';
  if (!countsTokens) return null;
  const [before, after] = [tokensSource(baseline), tokensSource(candidate)];
  if (before === after || before === null || after === null) return null;
  return `output tokens were counted by ${before} in the baseline and by ${after} in the candidate`;
}

function lengthConflict(metric: ComparedMetric, baseline: SettingTrials, candidate: SettingTrials): string | null {
  // Chunks are not tokens, and where a plan asks for other lengths, --allow permits it.
  const isComparable =
    tokensSource(baseline) === tokensSource(candidate) &&
    baseline.plan.output_tokens === candidate.plan.output_tokens &&
    Math.max(baseline.failedShare, candidate.failedShare) <= mostFailures;
  if (!dependsOnLength(metric) || !isComparable) return null;
  const lengths = otherLengths('output_tokens_per_second', baseline, candidate);
  return lengths === null ? null : `answers had ${lengths}`;
}

/** `64 tokens on average in the baseline and 8 in the candidate`; null if they are about equal, or unknown. */
export function otherLengths(
  name: 'output_tokens_per_second' | 'input_tokens_per_second',
  baseline: SettingTrials,
  candidate: SettingTrials,
): string | null {
  const [before, after] = [baseline.tokensEach(name), candidate.tokensEach(name)];
  if (before === null || after === null || !areOtherLengths(before, after)) return null;
  return `${meanText(before)} tokens on average in the baseline and ${meanText(after)} in the candidate`;
}

function queueWaitSources({ runs }: SettingTrials): string {
  return [...new Set(runs.map(({ metrics }) => metrics.queue_wait.source))].sort().join(' and ');
}

/** How tokens were counted; null without tokens. */
function tokensSource({ runs }: SettingTrials): string | null {
  const sources = new Set(runs.map((run) => run.output_tokens_source).filter((source) => source !== 'none'));
  return sources.size === 0 ? null : [...sources].sort().join(' and ');
}

/** The limits that were applied to count goodput. */
function limitsText({ plan }: SettingTrials): string {
  return plan.slo.length === 0 ? 'none' : listed(goodputLimits(plan.slo));
}
