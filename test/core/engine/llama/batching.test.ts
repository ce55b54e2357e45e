import { describe, expect, it } from 'vitest';

import { decodesFirst } from '../../../../src/core/engine/llama/batching.js';
import { libraryTokens } from '../../../../src/core/engine/llama/library.js';

type Items = Parameters<ReturnType<typeof decodesFirst>>[0]['items'];

const items = (...lengths: number[]): Items =>
  lengths.map((length) => ({
    tokens: libraryTokens(Array.from({ length }, () => 1)),
    logits: [],
    evaluationPriority: 5,
  }));

function plan(size: number, ...lengths: number[]): [index: number, amount: number][] {
  const all = items(...lengths);
  return decodesFirst()({ items: all, size }).map(({ item, processAmount }) => [all.indexOf(item), processAmount]);
}

describe('decodesFirst', () => {
  it('takes everything in order when it fits', () => {
    expect(plan(8, 1, 5, 1, 1)).toEqual([
      [0, 1],
      [1, 5],
      [2, 1],
      [3, 1],
    ]);
  });

  it('takes decodes first when it does not', () => {
    expect(plan(6, 4, 1, 4, 1)).toEqual([
      [1, 1],
      [3, 1],
      [0, 4],
    ]);
    expect(plan(4, 9, 1)).toEqual([
      [1, 1],
      [0, 3],
    ]);
  });

  it('tells how many sequences there are', () => {
    const observed: number[] = [];
    decodesFirst((batchSize) => observed.push(batchSize))({ items: items(1, 3, 1), size: 8 });
    expect(observed).toEqual([3]);
  });
});
