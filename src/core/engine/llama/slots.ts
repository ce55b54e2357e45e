import type { LlamaContextSequence } from 'node-llama-cpp';

import type { Token } from '../engine.js';
import { libraryTokens } from './library.js';

/** What matters of a free slot when it is chosen. */
export interface SlotCandidate {
  /** The number of its sequence. */
  readonly index: number;
  /** Tokens that the prompt and the slot's content have in common at the beginning. */
  readonly sharedPrefix: number;
  /** A counter that is higher the later the slot was used; 0 for never. */
  readonly lastUsed: number;
}

/** Cached tokens that a slot may have less than the best and still be taken for its place. */
const prefixTolerance = 32;

/**
 * Chooses a slot for a prompt: the longest prefix that it holds already, then the place, then least recently used.
 *
 * The place matters because llama.cpp computes sequences together only if their numbers follow one another; each gap
 * costs a pass of its own over all the weights, in every round. Measured on one thread of a 2-vCPU machine, 12 layers of
 * 896, q8_0: eight sequences in order take 62 ms a round, the same ones backwards 101 ms; 0,1,2,3 take 43 ms and
 * 0,2,4,6 take 52 ms. On a GPU, where a pass takes the same time for one sequence and for eight, it counts for more. So
 * a few cached tokens, which are prefilled once, are given up for a neighbour, which saves something in each round.
 *
 * @param free at least one
 * @param isBusy whether a slot is running; false for numbers that don't exist
 */
export function chooseSlot(free: readonly SlotCandidate[], isBusy: (index: number) => boolean): number {
  const longestPrefix = Math.max(...free.map(({ sharedPrefix }) => sharedPrefix));
  const [best] = free
    .filter(({ sharedPrefix }) => sharedPrefix >= longestPrefix - prefixTolerance)
    .map((candidate) => ({ ...candidate, neighbours: +isBusy(candidate.index - 1) + +isBusy(candidate.index + 1) }))
    .sort(
      (a, b) =>
        b.neighbours - a.neighbours || b.sharedPrefix - a.sharedPrefix || a.lastUsed - b.lastUsed || a.index - b.index,
    );
  if (best === undefined) throw new RangeError('there is no free slot to choose from');
  return best.index;
}

/** A sequence, which is permanent, and what its KV cache still holds from the last generation. */
export class Slot {
  readonly index: number;
  readonly sequence: LlamaContextSequence;
  busy = false;
  lastUsed = 0;

  constructor(index: number, sequence: LlamaContextSequence) {
    this.index = index;
    this.sequence = sequence;
  }

  candidate(tokens: readonly Token[]): SlotCandidate {
    const { firstDifferentIndex } = this.sequence.compareContextTokens(libraryTokens(tokens));
    return { index: this.index, sharedPrefix: firstDifferentIndex, lastUsed: this.lastUsed };
  }

  /**
   * Drops whatever differs from `tokens`. Only between rounds: it takes the lock that decoding holds.
   *
   * @returns how many of the tokens need no prefill. At least the last one always does, as its output is wanted; and a
   *   model with a sliding window or a recurrent state may have to drop more than what differs, or everything.
   */
  async keepPrefix(tokens: readonly Token[]): Promise<number> {
    await this.sequence.adaptStateToTokens(libraryTokens(tokens.slice(0, -1)), false);
    return this.sequence.nextTokenIndex;
  }

  /** Forgets everything. Only between rounds. */
  async clear(): Promise<void> {
    await this.sequence.clearHistory();
  }
}
