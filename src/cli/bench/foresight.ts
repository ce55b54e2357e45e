import { ChatstreamError } from '../../core/base/errors.js';
import type { BenchOptions } from '../../core/bench/plan/options.js';
import type { Threshold } from '../../core/compare/threshold.js';
import { type ForeseenDoubt, foreseenDoubts } from '../../core/compare/verdicts/foreseen-doubts.js';
import { listed, plural, whole } from '../../core/measurement/numbers.js';
import type { BenchFlags } from './flags/flags.js';

/** How much is measured, as set by the flags: `--versus` divides trials into shorter ones. */
export type ExtentFlags = Pick<BenchFlags, 'trials' | 'requests'>;

/**
 * Says before the first request which figures with a threshold this plan cannot decide, and what to change.
 *
 * @returns sentences; empty if every figure can get its verdict
 * @throws ChatstreamError `usage` with `--strict`, under which such a measurement fails the job in any case
 */
export function foreseenNotes(
  thresholds: readonly Threshold[],
  options: Pick<BenchOptions, 'trials' | 'leastTrials' | 'requests' | 'tenants' | 'findMax'>,
  flags: ExtentFlags & Pick<BenchFlags, 'strict'>,
): readonly string[] {
  // A search plans its measurements itself, and tenants have their own numbers of requests.
  if (options.findMax !== null) return [];
  const requests = options.tenants.length > 0 ? null : options.requests;
  const doubts = foreseenDoubts(thresholds, { ...options, requests });
  if (doubts.length === 0) return [];
  const problem = `This plan cannot decide ${listed(doubts.map(({ figure }) => figure))}: ${shortages(doubts, options).join('; ')}`;
  const advice = adviceOf(doubts, flags);
  if (!flags.strict) return [`${problem}. Use ${advice}.`];
  throw new ChatstreamError('usage', `${problem}.`, { hint: `Use ${advice}, or leave out --strict.` });
}

/** Each insufficient number once, with the figures that need more. */
function shortages(
  doubts: readonly ForeseenDoubt[],
  { trials, requests }: Pick<BenchOptions, 'trials' | 'requests'>,
): readonly string[] {
  const text = (key: 'trials' | 'requests', needed: number, planned: number): string => {
    const figures = doubts.filter((doubt) => doubt[key] === needed).map(({ figure }) => figure);
    const need = figures.length === 1 ? 'needs' : 'need';
    return `${listed(figures)} ${need} ${plural(needed, key === 'trials' ? 'trial' : 'request')} on each side, and ${whole(planned)} ${planned === 1 ? 'is' : 'are'} planned`;
  };
  const numbers = (key: 'trials' | 'requests'): readonly number[] => [
    ...new Set(doubts.flatMap((doubt) => doubt[key] ?? [])),
  ];
  return [
    ...numbers('requests').map((needed) => text('requests', needed, (requests ?? 0) * trials)),
    ...numbers('trials').map((needed) => text('trials', needed, trials)),
  ];
}

/** The flags that would be enough, such as `-r 50 --trials 5`. */
export function adviceOf(doubts: readonly ForeseenDoubt[], { trials, requests }: ExtentFlags): string {
  const most = Math.max(trials.most, ...doubts.map((each) => each.trials ?? 0));
  const needed = Math.max(0, ...doubts.map((each) => each.requests ?? 0));
  const each = Math.max(requests ?? 0, rounded(needed / most));
  return [...(needed === 0 ? [] : [`-r ${each}`]), ...(most === trials.most ? [] : [`--trials ${most}`])].join(' ');
}

/** Rounded up to a multiple of 10, after adding a twentieth, because a few requests may fail. */
function rounded(requests: number): number {
  return Math.ceil((requests * 1.05) / 10) * 10;
}
