import { type Proportion, proportionRatio } from '../../statistics/proportion.js';

/** Candidate ÷ baseline of the answered requests, as in the implied threshold on the success rate. */
const clearlyFewer = 0.99;

/**
 * Whether a server clearly answers a smaller share of its requests than before, by more than 1 %.
 *
 * @param tail error on each side of the interval of their ratio
 */
export function answersFewer(before: Proportion, after: Proportion, tail: number): boolean {
  const ratio = proportionRatio(before, after, tail);
  return ratio !== null && ratio.interval.upper < clearlyFewer;
}
