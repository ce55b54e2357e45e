import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { libraryTokens } from '../../../../../src/core/engine/llama/library/library.js';
import { decodesFirst, planRound, type RoundMember } from '../../../../../src/core/engine/llama/rounds/batching.js';
import { PrefillTurns } from '../../../../../src/core/engine/llama/rounds/prefill-turns.js';

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

  it('reports the number of sequences', () => {
    const observed: number[] = [];
    decodesFirst((batchSize) => observed.push(batchSize))({ items: items(1, 3, 1), size: 8 });
    expect(observed).toEqual([3]);
  });
});

const member = (order: number, nextChunk: number, isRating = false): RoundMember => ({
  order,
  nextChunk,
  rest: nextChunk,
  isRating,
});

/** Nothing passes anything. */
const turns = new PrefillTurns(0);

describe('planRound', () => {
  it('takes every generation when none prefills', () => {
    const running = [member(0, 0), member(1, 0)];
    expect(planRound(running, 16, turns)).toBe(running);
  });

  it('takes one chunk that is rated, and those behind the next one', () => {
    const [rated, next, plain] = [member(1, 4, true), member(2, 4, true), member(3, 8)];
    expect(planRound([plain, next, rated], 16, turns)).toEqual([plain, rated]);
    expect(planRound([plain, next, rated], 8, turns)).toEqual([rated]);
  });

  it('takes as many chunks as fit together, first come, first served, and keeps the order of the slots', () => {
    const [third, decoding, first, second] = [member(3, 8), member(0, 0), member(1, 10), member(2, 6)];
    const running = [third, decoding, first, second];
    expect(planRound(running, 16, turns)).toEqual([decoding, first, second]);
  });

  it('does not let a later prompt overtake', () => {
    const running = [member(0, 10), member(1, 7), member(2, 1)];
    expect(planRound(running, 16, turns)).toEqual([running[0]]);
  });

  it('always advances all decodes and the first prefill, within the limit for chunks', () => {
    const chunks = fc.array(fc.integer({ min: 0, max: 16 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(chunks, (chunks) => {
        const running = chunks.map((nextChunk, order) => member(order, nextChunk));
        const plan = planRound(running, 16, turns);
        const prefilling = running.filter(({ nextChunk }) => nextChunk > 0);
        const planned = plan.filter(({ nextChunk }) => nextChunk > 0);
        expect(plan).toEqual(running.filter((each) => plan.includes(each)));
        expect(plan.filter(({ nextChunk }) => nextChunk === 0)).toHaveLength(running.length - prefilling.length);
        expect(planned).toEqual(prefilling.slice(0, planned.length));
        expect(planned.length).toBeGreaterThanOrEqual(Math.min(1, prefilling.length));
        expect(planned.reduce((sum, { nextChunk }) => sum + nextChunk, 0)).toBeLessThanOrEqual(16);
      }),
    );
  });
});
