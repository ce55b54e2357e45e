import { ChatstreamError } from '../../core/base/errors.js';
import type { BenchOptions } from '../../core/bench/plan/options.js';
import type { ComparedMetric } from '../../core/compare/compared-metric.js';
import type { Side } from '../../core/compare/side.js';
import type { Threshold } from '../../core/compare/threshold.js';
import { onceARequest } from '../../core/compare/trials/needed-samples.js';
import { type BaselineDoubt, baselineDoubts } from '../../core/compare/verdicts/baseline-doubts.js';
import { listed, plural, whole } from '../../core/measurement/numbers.js';
import { incompleteText } from '../../core/measurement/validity/ended-early.js';
import type { BenchFlags } from './flags/flags.js';
import { adviceOf } from './foresight.js';

/**
 * Checks a baseline that was measured before: whether it ended early, and which figures with a threshold it leaves
 * undecided, whatever is measured now.
 *
 * @returns sentences; empty if every figure can get its verdict
 * @throws ChatstreamError `usage` with `--strict`
 */
export function baselineNotes(
  thresholds: readonly Threshold[],
  baseline: Side,
  { findMax }: Pick<BenchOptions, 'findMax'>,
  { strict }: Pick<BenchFlags, 'strict'>,
): readonly string[] {
  if (thresholds.length === 0) return [];
  const isSearch = findMax !== null;
  // The requests that a search measures at each load do not count for the figures of settings.
  const doubt = endDoubt(baseline, isSearch) ?? (isSearch ? null : figureDoubt(thresholds, baseline));
  if (doubt === null) return [];
  const { problem, advice } = doubt;
  if (!strict) return [`${problem}. ${advice}.`];
  throw new ChatstreamError('usage', `${problem}.`, { hint: `${advice}, or leave out --strict.` });
}

/** Sentences without their full stops. */
interface Foreseen {
  readonly problem: string;
  readonly advice: string;
}

/** A result that ended early cannot pass. */
function endDoubt({ name, endedEarly }: Side, isSearch: boolean): Foreseen | null {
  if (endedEarly === null) return null;
  return {
    problem: `${incompleteText(`The measurement of the baseline ${name}`, endedEarly)}. Nothing can pass with it`,
    advice: isSearch ? 'Measure it again' : 'Measure it again, or use --versus',
  };
}

function figureDoubt(thresholds: readonly Threshold[], baseline: Side): Foreseen | null {
  const doubts = baselineDoubts(thresholds, baseline);
  if (doubts.length === 0) return null;
  return {
    problem: `The baseline ${baseline.name} cannot decide ${listed(doubts.map(({ metric }) => metric.id))}: ${gaps(doubts).join('; ')}`,
    advice: baselineAdvice(doubts, baseline),
  };
}

/** Each insufficient number once, with the figures that need more, and the figures that are missing. */
function gaps(doubts: readonly BaselineDoubt[]): readonly string[] {
  const absent = doubts.filter(({ isAbsent }) => isAbsent).map(({ metric }) => `no ${metric.id}`);
  const texts = (key: 'trials' | 'samples'): readonly string[] => {
    const figures = new Map<string, string[]>();
    for (const { metric, [key]: shortage } of doubts) {
      if (shortage === null) continue;
      const { has, needs } = shortage;
      const noun = key === 'trials' ? 'trial' : isOfRequests(metric) ? 'request' : 'value';
      const rest = `${plural(needs, noun)}, and it has ${whole(has)}`;
      figures.set(rest, [...(figures.get(rest) ?? []), metric.id]);
    }
    return Array.from(figures, ([rest, ids]) => `${listed(ids)} ${ids.length === 1 ? 'needs' : 'need'} ${rest}`);
  };
  return [...(absent.length === 0 ? [] : [`it has ${listed(absent)}`]), ...texts('samples'), ...texts('trials')];
}

function baselineAdvice(doubts: readonly BaselineDoubt[], { plan }: Side): string {
  if (doubts.every(({ isAbsent }) => isAbsent)) return 'Use another baseline, or --versus';
  const isCounted = plan.requests !== null;
  const needed = doubts.map(({ metric, trials, samples }) => ({
    figure: metric.id,
    trials: trials?.needs ?? null,
    requests: isCounted && isOfRequests(metric) ? (samples?.needs ?? null) : null,
  }));
  const flags = adviceOf(needed, {
    trials: { least: plan.trials, most: plan.trials },
    requests: plan.requests ?? undefined,
  });
  const isLonger = doubts.some(({ metric, samples }) => samples !== null && !(isCounted && isOfRequests(metric)));
  return `Measure it again${flags === '' ? '' : ` with ${flags}`}${isLonger ? ' and for longer' : ''}, or use --versus`;
}

function isOfRequests(metric: ComparedMetric): boolean {
  return metric.type === 'latency' && onceARequest.has(metric.metric);
}
