import type { BatchItem, CustomBatchingPrioritizationStrategy, PrioritizedBatchItem } from 'node-llama-cpp';
import type { Prefilling, PrefillTurns } from './prefill-turns.js';

/** What {@link planRound} needs to know about a generation. */
export interface RoundMember extends Prefilling {
  /** Prompt tokens that the generation would evaluate in this round; 0 if it decodes. */
  readonly nextChunk: number;
  /** Whether the tokens of that chunk are also rated, which takes longer. */
  readonly isRating: boolean;
}

/**
 * Chooses which generations take part in a round: all that decode, and as many of those that prefill, in their turn, as
 * have chunks that fit into `prefillChunk` together. Chunks are never cut to fit, so where a prompt is cut does not
 * depend on what else is running. The first always gets its chunk, so every prompt advances.
 *
 *     prefillChunk 128; a decodes, b came with 300 prompt tokens, c with 150 and d with 40
 *
 *     round       1        2        3        4        5        6
 *     a           decode   decode   decode   decode   decode   decode
 *     b           waits    1–128    129–256  257–300  decode   decode      is passed over once
 *     c           waits    waits    waits    waits    1–128    129–150     257–300 and 1–128 do not fit together
 *     d           1–40     decode   decode   decode   decode   decode      is short
 *
 * Only one chunk of a round is rated. Those behind it do not wait for other chunks to be rated.
 *
 * @param running in the order in which the batch is to contain them; the result keeps it
 */
export function planRound<T extends RoundMember>(
  running: readonly T[],
  prefillChunk: number,
  turns: Pick<PrefillTurns, 'inTurn'>,
): readonly T[] {
  const prefilling = turns.inTurn(running.filter(({ nextChunk }) => nextChunk > 0));
  const waiting = new Set<T>();
  let room = prefillChunk;
  let isFull = false;
  let isRating = false;
  for (const member of prefilling) {
    // Once a chunk does not fit, all later ones wait too, even if they would fit.
    isFull ||= member.nextChunk > room;
    if (isFull || (isRating && member.isRating)) {
      waiting.add(member);
      continue;
    }
    room -= member.nextChunk;
    isRating ||= member.isRating;
  }
  return waiting.size === 0 ? running : running.filter((member) => !waiting.has(member));
}

/**
 * Fills a batch with decodes first, and with prefill chunks in the remaining space.
 *
 * The round loop never asks for more than fits, so everything is taken, in the order in which it was requested. For
 * decodes that order is by slot, and must stay so: llama.cpp computes sequences together only where their numbers follow
 * one another in the batch (see slots.ts). The library's own `maximumParallelism` would sort by size, and give a long
 * prefill the whole batch if more was ever requested than fits.
 *
 * @param observe called with the number of sequences in each batch
 */
export function decodesFirst(observe?: (batchSize: number) => void): CustomBatchingPrioritizationStrategy {
  return ({ items, size }) => {
    observe?.(items.length);
    let tokens = 0;
    for (const item of items) tokens += item.tokens.length;
    if (tokens <= size) return items.map(whole);
    return [...fill(items, size)];
  };
}

function whole(item: BatchItem): PrioritizedBatchItem {
  return { item, processAmount: item.tokens.length };
}

function* fill(items: readonly BatchItem[], size: number): Generator<PrioritizedBatchItem> {
  const decodes = items.filter((item) => item.tokens.length === 1);
  const prefills = items.filter((item) => item.tokens.length !== 1);
  let room = size;
  for (const item of [...decodes, ...prefills]) {
    if (room === 0) return;
    const processAmount = Math.min(item.tokens.length, room);
    room -= processAmount;
    yield { item, processAmount };
  }
}
