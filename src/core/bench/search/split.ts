import type { LoadEvidence } from './evidence.js';

/** Loads on either side of the limit, each in rising order. */
export interface Split {
  /** Lower than those at which the objectives hold, and they do not: empty where a higher load can only be worse. */
  readonly tooLow: readonly LoadEvidence[];
  readonly below: readonly LoadEvidence[];
  readonly above: readonly LoadEvidence[];
}

/**
 * Divides the loads into those at which the objectives hold and those at which they do not, so that the evidence against the
 * division is least: noise may let a low load look worse than a higher one.
 *
 * @param loads in rising order
 * @param isMonotonic whether an objective that is missed at one load is taken to be missed at all higher ones; otherwise
 *   the objectives hold at a range of loads, which is the one with the highest load at which they do
 */
export function split(loads: readonly LoadEvidence[], isMonotonic: boolean): Split {
  if (isMonotonic) return { tooLow: [], ...parted(loads) };
  const clear = loads.findLastIndex(({ verdict }) => verdict === 'holds');
  const top = clear >= 0 ? clear : loads.findLastIndex(({ score }) => score > 0);
  if (top < 0) return { tooLow: [], below: [], above: loads };
  const upper = parted(loads.slice(top + 1));
  const lower = parted(loads.slice(0, top).toReversed());
  return {
    tooLow: lower.above.toReversed(),
    below: [...lower.below.toReversed(), ...loads.slice(top, top + 1), ...upper.below],
    above: upper.above,
  };
}

/** The first ones, at which the objectives hold, and the others. */
function parted(loads: readonly LoadEvidence[]): Pick<Split, 'below' | 'above'> {
  let cut = 0;
  let cost = loads.reduce((sum, { score }) => sum + Math.max(0, score), 0);
  let least = cost;
  for (const [index, { score }] of loads.entries()) {
    cost -= score;
    // At a tie the cautious answer: fewer loads at which the objectives hold.
    if (cost < least) {
      least = cost;
      cut = index + 1;
    }
  }
  return { below: loads.slice(0, cut), above: loads.slice(cut) };
}

/** Loads that are clearly on the other side than their neighbours suggest. */
export function contradictions({ tooLow, below, above }: Split): readonly LoadEvidence[] {
  return [
    ...tooLow.filter(({ verdict }) => verdict === 'holds'),
    ...below.filter(({ verdict }) => verdict === 'breaks'),
    ...above.filter(({ verdict }) => verdict === 'holds'),
  ];
}
