import { type Proportion, wilsonInterval } from './proportion.js';
import type { Interval } from './ratio.js';

/** A share of dependent attempts, and how much is known about it. */
export interface ClusteredShare {
  /** 0 to 1. */
  readonly share: number;
  readonly interval: Interval;
  /** How many independent attempts would tell as much, above 0, at most the number of attempts. */
  readonly effectiveAttempts: number;
}

/** How many neighbours in time are taken together, to find out how far they depend on each other. */
const blockLengths = [1, 2, 4, 8] as const;

/** With fewer blocks, their variance says nothing. */
const leastBlocks = 4;

/**
 * A proportion of attempts that depend on each other, such as requests that waited in the same queue: the number of
 * attempts is divided by the design effect, and Wilson's interval of what is left stays right where the share is 0
 * (E. L. Korn and B. I. Graubard, 1998, shrink the exact interval in this way).
 *
 * @param series one after the other in time, in pieces; at least one piece has attempts
 * @param effect see {@link designEffect}
 * @param tail error on each side, such as 0.025
 * @returns null without attempts
 */
export function clusteredShare(
  series: readonly (readonly Proportion[])[],
  effect: number,
  tail: number,
): ClusteredShare | null {
  const { successes, attempts } = total(series.flat());
  if (attempts === 0) return null;
  const share = successes / attempts;
  const effectiveAttempts = attempts / effect;
  const shrunk = { successes: share * effectiveAttempts, attempts: effectiveAttempts };
  return { share, interval: wilsonInterval(shrunk, tail), effectiveAttempts };
}

/**
 * How many dependent attempts tell as much as one independent one: the ratio estimator's variance over clusters of
 * neighbours, divided by that of independent attempts (L. Kish, Survey Sampling, 1965, section 5.4). The clusters grow
 * until they no longer depend on each other, and the greatest effect counts, as in the blocking of H. Flyvbjerg and
 * H. G. Petersen (1989).
 *
 * @returns at least 1: clusters that agree by chance must not make an interval narrower than independence would
 */
export function designEffect(series: readonly (readonly Proportion[])[]): number {
  const { successes, attempts } = total(series.flat());
  const share = attempts === 0 ? 0 : successes / attempts;
  const independent = (share * (1 - share)) / attempts;
  if (attempts === 0 || independent === 0) return 1;
  const effects = blockLengths.map((length) => {
    const blocks = series.flatMap((pieces) => blocksOf(pieces, length)).filter((block) => block.attempts > 0);
    if (blocks.length < leastBlocks) return 1;
    const squares = blocks.reduce((sum, each) => sum + (each.successes - share * each.attempts) ** 2, 0);
    return (squares * blocks.length) / (blocks.length - 1) / attempts ** 2 / independent;
  });
  return Math.min(attempts, Math.max(1, ...effects));
}

function blocksOf(pieces: readonly Proportion[], length: number): readonly Proportion[] {
  const blocks: Proportion[] = [];
  for (let start = 0; start < pieces.length; start += length) blocks.push(total(pieces.slice(start, start + length)));
  return blocks;
}

/** All pieces together. */
export function total(pieces: readonly Proportion[]): Proportion {
  return {
    successes: pieces.reduce((sum, each) => sum + each.successes, 0),
    attempts: pieces.reduce((sum, each) => sum + each.attempts, 0),
  };
}
