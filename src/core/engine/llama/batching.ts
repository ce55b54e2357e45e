import type { BatchItem, CustomBatchingPrioritizationStrategy, PrioritizedBatchItem } from 'node-llama-cpp';

/**
 * Fills a batch with decodes first and prefill chunks in what room is left.
 *
 * The round loop never asks for more than fits, so that everything is taken, in the order in which it was asked for.
 * For decodes that order is by slot, and must stay so: llama.cpp computes sequences together only where their numbers
 * follow one another in the batch (see slots.ts). The library's own `maximumParallelism` would sort by size, and give a
 * long prefill the whole batch if it ever came to that.
 *
 * @param observe told the number of sequences in each batch
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
