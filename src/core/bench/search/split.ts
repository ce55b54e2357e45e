import type { LoadEvidence } from './evidence.js';

/** Loads on either side of the limit, each in rising order. */
export interface Split {
  readonly below: readonly LoadEvidence[];
  readonly above: readonly LoadEvidence[];
}

/**
 * Divides the loads into those at which the promises hold and those above at which they do not, so that the evidence
 * against the division is least: noise may let a low load look worse than a higher one.
 *
 * @param loads in rising order
 */
export function split(loads: readonly LoadEvidence[]): Split {
  let cut = 0;
  let cost = loads.reduce((sum, { score }) => sum + Math.max(0, score), 0);
  let least = cost;
  for (const [index, { score }] of loads.entries()) {
    cost -= score;
    // At a tie the cautious answer: fewer loads at which the promises hold.
    if (cost < least) {
      least = cost;
      cut = index + 1;
    }
  }
  return { below: loads.slice(0, cut), above: loads.slice(cut) };
}

/** Loads that are clearly on the other side than their neighbours say. */
export function contradictions(loads: readonly LoadEvidence[]): readonly LoadEvidence[] {
  const { below, above } = split(loads);
  return [
    ...below.filter(({ verdict }) => verdict === 'breaks'),
    ...above.filter(({ verdict }) => verdict === 'holds'),
  ];
}
