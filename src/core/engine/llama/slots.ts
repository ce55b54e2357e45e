import type { LlamaContextSequence } from 'node-llama-cpp';
import type { Token } from '../engine.js';
import { libraryTokens } from './library.js';

/** The properties of a free slot that decide whether it is chosen. */
export interface SlotCandidate {
  /** The number of its sequence. */
  readonly index: number;
  /** Length of the beginning that the prompt and the content of the slot have in common, in tokens. */
  readonly sharedPrefix: number;
  /** Higher for slots that were used later; 0 for a slot that was never used. */
  readonly lastUsed: number;
}

/** How many cached tokens may be given up for a slot with a better place. */
const prefixTolerance = 32;

/**
 * Chooses a slot for a prompt: the one that holds the longest prefix of it, then by place, then the least recently used.
 *
 *     slot      0       1       2       3       4         free: 1, 3 and 4
 *               busy    ▢       busy    ▢       ▢         1 has two busy neighbours, 3 has one, 4 has none
 *     prefix            90              100     100       90 is within 32 of 100, so slot 1 is chosen
 *
 * The place matters because llama.cpp computes sequences together only if their numbers follow one another; each gap
 * costs another pass over all weights, in every round. Measured on one thread of a 2-vCPU machine, 12 layers of 896,
 * q8_0: eight sequences in order take 62 ms a round, the same ones backwards 101 ms; 0, 1, 2, 3 take 43 ms and 0, 2, 4, 6
 * take 52 ms. On a GPU, where a pass takes the same time for one sequence and for eight, it matters even more. So it pays
 * to give up a few cached tokens, which are prefilled once, for a neighbour, which saves time in each round.
 *
 * @param free at least one candidate
 * @param isBusy whether a slot is running; false for slots that do not exist
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

/** A permanent sequence, whose KV cache keeps the tokens of the last generation. */
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
   * Drops everything after the common prefix with `tokens`. Only between rounds: it takes the lock that decoding holds.
   *
   * @returns how many of the tokens need no prefill. The last one always does, because its output is needed. A model with
   *   a sliding window or a recurrent state may have to drop more than what differs, or everything.
   */
  async keepPrefix(tokens: readonly Token[]): Promise<number> {
    await this.sequence.adaptStateToTokens(libraryTokens(tokens.slice(0, -1)), false);
    return this.sequence.nextTokenIndex;
  }

  /** Drops everything. Only between rounds. */
  async clear(): Promise<void> {
    await this.sequence.clearHistory();
  }
}
