import { type Looks, nominalTail } from '../../statistics/spending.js';
import type { SettingTrials } from './setting-trials.js';

/** On each side of an interval: 95 %. */
const tail = 0.025;

/** With fewer trials of a fixed number, the spread between them is not known well enough for a decision. */
const neededTrials = 5;

/**
 * How certain the intervals of one setting have to be.
 *
 * Several candidates that are compared with the same baseline share the error among them (Bonferroni), so that the
 * chance of any wrong verdict does not grow with their number. A measurement that went on until it could tell needs
 * wider intervals, because it was looked at after each trial.
 */
export interface Confidence {
  /** Error on each side of an interval, above 0 to 0.025. */
  readonly tail: number;
  /** With fewer trials on one side, nothing is decided. */
  readonly needed: { readonly baseline: number; readonly candidate: number };
}

/** @param candidates how many are compared with this baseline, 1 or more */
export function confidenceOf(baseline: SettingTrials, candidate: SettingTrials, candidates: number): Confidence {
  const shared = tail / candidates;
  const [before, after] = [looksOf(baseline), looksOf(candidate)];
  const tails = [before, after].map((looks) => (looks === null ? shared : nominalTail(looks.trials, looks, shared)));
  return { tail: Math.min(...tails), needed: { baseline: neededTrialsOf(before), candidate: neededTrialsOf(after) } };
}

/**
 * With fewer trials, nothing is decided.
 *
 * @param looks the smallest and the largest number of trials of a measurement that may have grown; null if the number
 *   was fixed
 */
export function neededTrialsOf(looks: Pick<Looks, 'least' | 'most'> | null): number {
  const isFixed = looks === null || looks.least === looks.most;
  return isFixed ? neededTrials : Math.min(neededTrials, looks.least);
}

/** How a side was looked at while it grew; null if the number of its trials was fixed. */
function looksOf({ plan, runs }: SettingTrials): (Looks & { readonly trials: number }) | null {
  const { trials_least: least, trials: most } = plan;
  return least === undefined || least === most ? null : { least, most, trials: runs.length };
}
