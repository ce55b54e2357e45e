import type { Saturation } from '../measurement/result-schema.js';
import type { Interval } from '../statistics/ratio.js';
import type { JudgedMetric } from './compared-metric.js';
import type { Threshold } from './threshold.js';

/** Why a measurement is inconclusive. */
export type Doubt =
  | {
      readonly reason: 'too-few-trials';
      /** Trials that have the figure. */
      readonly baseline: number;
      readonly candidate: number;
      readonly needed: number;
      /** There were more trials, in which no request had the figure. */
      readonly hasEmptyTrials: boolean;
      /** A finished baseline has too few, whatever is measured now. */
      readonly isLasting: boolean;
    }
  /** The load differed from the plan, or the load generator could not measure this figure. */
  | {
      readonly reason: 'saturated-client';
      readonly saturation: readonly Saturation[];
      /** The mean delay of the load generator, and its share of a core, for the worse side. */
      readonly delayMs: number;
      readonly cpuShare: number;
    }
  /**
   * The interval contains the limit; `isLasting` if that is due to the load generator's own delay, whatever more trials
   * show.
   */
  | { readonly reason: 'too-wide'; readonly isLasting: boolean }
  /**
   * There is nothing to compare. `explanation` is a sentence without its full stop; `isLasting` if more trials would
   * not change that.
   */
  | { readonly reason: 'not-measured'; readonly explanation: string; readonly isLasting: boolean };

/** The outcome for one figure with a threshold. */
export type GateOutcome =
  /**
   * `beyond-limit`: the whole interval is. `lost`: the candidate answers too few requests to have the figure.
   * `overloaded`: it cannot follow the load, which the baseline can.
   */
  | { readonly verdict: 'regression'; readonly cause: 'beyond-limit' | 'lost' | 'overloaded' }
  | { readonly verdict: 'inconclusive'; readonly doubt: Doubt }
  /** The whole interval is within the limit. */
  | { readonly verdict: 'pass' }
  /** A pass: the whole interval is better than the baseline by more than the threshold allows it to be worse. */
  | { readonly verdict: 'improvement' };

/** What the interval says if there is no threshold. */
export type Tendency = 'worse' | 'better' | 'unclear';

/** How one figure at one setting is judged. */
export type Judgement =
  | { readonly type: 'gated'; readonly threshold: Threshold; readonly outcome: GateOutcome }
  /** Without a threshold. */
  | { readonly type: 'shown'; readonly tendency: Tendency };

/** Where the interval lies relative to the limit. Touching the limit still counts as within it. */
export function judge({ lower, upper }: Interval, { metric, limit, share }: Threshold): GateOutcome {
  const isLatency = metric.type === 'latency';
  const [nearest, farthest] = isLatency ? [lower, upper] : [upper, lower];
  const beyond = (ratio: number): boolean => (isLatency ? ratio > limit : ratio < limit);
  if (beyond(nearest)) return { verdict: 'regression', cause: 'beyond-limit' };
  if (beyond(farthest)) return { verdict: 'inconclusive', doubt: { reason: 'too-wide', isLasting: false } };
  const better = isLatency ? farthest < 1 - share : farthest > 1 + share;
  return { verdict: share > 0 && better ? 'improvement' : 'pass' };
}

/** Whether there is a clear difference, and in which direction. */
export function tendencyOf({ lower, upper }: Interval, type: JudgedMetric['type']): Tendency {
  if (lower > 1) return type === 'latency' ? 'worse' : 'better';
  if (upper < 1) return type === 'latency' ? 'better' : 'worse';
  return 'unclear';
}
