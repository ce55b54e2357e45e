import type { Interval } from '../statistics/ratio.js';
import type { ComparedMetric } from './compared-metric.js';
import type { Threshold } from './threshold.js';

/** With fewer trials, the spread between them is not known well enough for a decision. */
export const neededTrials = 5;

/** Why a measurement does not decide. */
export type Doubt =
  | { readonly reason: 'too-few-trials'; readonly baseline: number; readonly candidate: number }
  /** The load generator could not keep up: the figures are as much its own as the server's. */
  | { readonly reason: 'saturated-client'; readonly delayP99Ms: number; readonly cpuShare: number }
  /** The interval contains the limit. */
  | { readonly reason: 'too-wide' }
  /** There is nothing to compare. `explanation` is a sentence without its full stop. */
  | { readonly reason: 'not-measured'; readonly explanation: string };

/** The outcome for one figure with a threshold. */
export type GateOutcome =
  /** The whole interval is beyond the limit; or the candidate answers too few requests to have the figure (`isLost`). */
  | { readonly verdict: 'regression'; readonly isLost: boolean }
  | { readonly verdict: 'inconclusive'; readonly doubt: Doubt }
  /** The whole interval is within the limit. */
  | { readonly verdict: 'pass' }
  /** A pass: the whole interval is better than the baseline by more than the threshold allows it to be worse. */
  | { readonly verdict: 'improvement' };

/** What the interval says where no threshold was given. */
export type Tendency = 'worse' | 'better' | 'unclear';

/** How one figure at one setting is judged. */
export type Judgement =
  | { readonly type: 'gated'; readonly threshold: Threshold; readonly outcome: GateOutcome }
  /** Without a threshold. */
  | { readonly type: 'shown'; readonly tendency: Tendency };

/** Where the interval lies with respect to the limit. Touching the limit is still within it. */
export function judge({ lower, upper }: Interval, { metric, limit, share }: Threshold): GateOutcome {
  const isLatency = metric.type === 'latency';
  const [nearest, farthest] = isLatency ? [lower, upper] : [upper, lower];
  const beyond = (ratio: number): boolean => (isLatency ? ratio > limit : ratio < limit);
  if (beyond(nearest)) return { verdict: 'regression', isLost: false };
  if (beyond(farthest)) return { verdict: 'inconclusive', doubt: { reason: 'too-wide' } };
  const better = isLatency ? farthest < 1 - share : farthest > 1 + share;
  return { verdict: share > 0 && better ? 'improvement' : 'pass' };
}

/** Whether there is a clear difference, and in which direction. */
export function tendencyOf({ lower, upper }: Interval, type: ComparedMetric['type']): Tendency {
  if (lower > 1) return type === 'latency' ? 'worse' : 'better';
  if (upper < 1) return type === 'latency' ? 'better' : 'worse';
  return 'unclear';
}
