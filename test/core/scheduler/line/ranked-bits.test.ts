import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RankedBits } from '../../../../src/core/scheduler/line/ranked-bits.js';

const length = 2048;
/** As often near the borders of words and blocks as elsewhere. */
const index = fc.oneof(
  fc.nat({ max: length - 1 }),
  fc.nat({ max: length / 32 - 1 }).map((word) => word * 32),
  fc.nat({ max: length / 32 - 1 }).map((word) => word * 32 + 31),
);

/** The bits after each of these was flipped in turn, next to an array that is always right. */
function flipped(indices: readonly number[]): { bits: RankedBits; plain: readonly boolean[] } {
  const bits = new RankedBits(length);
  const plain = new Array<boolean>(length).fill(false);
  for (const each of indices) {
    if (plain[each] === true) bits.clear(each);
    else bits.set(each);
    plain[each] = plain[each] !== true;
  }
  return { bits, plain };
}

function rankIn(plain: readonly boolean[], upTo: number): number {
  return plain.slice(0, upTo + 1).filter((bit) => bit).length;
}

describe('ranked bits', () => {
  it('count the bits that are set up to each of them', () => {
    fc.assert(
      fc.property(fc.array(index, { maxLength: 400, size: 'max' }), fc.array(index), (indices, asked) => {
        const { bits, plain } = flipped(indices);
        for (const each of [...asked, 0, length - 1]) expect(bits.rank(each)).toBe(rankIn(plain, each));
      }),
    );
  });

  it('know which are set', () => {
    fc.assert(
      fc.property(fc.array(index, { maxLength: 100 }), (indices) => {
        const { bits, plain } = flipped(indices);
        expect(plain.map((_, each) => bits.has(each))).toEqual(plain);
      }),
      { numRuns: 30 },
    );
  });

  it.each([0, 1, 31, 32, 33, 255, 256, 257, 1000, 1024, length - 1, length])(
    'can begin with %i of them set, and go on from there',
    (setBits) => {
      const bits = new RankedBits(length, setBits);
      const everywhere = Array.from({ length }, (_, each) => each);
      expect(everywhere.map((each) => bits.rank(each))).toEqual(everywhere.map((each) => Math.min(each + 1, setBits)));
      for (const each of everywhere) if (!bits.has(each)) bits.set(each);
      expect(everywhere.map((each) => bits.rank(each))).toEqual(everywhere.map((each) => each + 1));
    },
  );

  it('count them all when all are set, and none when all were cleared again', () => {
    const everywhere = Array.from({ length }, (_, each) => each);
    const { bits } = flipped(everywhere);
    expect(everywhere.map((each) => bits.rank(each))).toEqual(everywhere.map((each) => each + 1));
    for (const each of everywhere) bits.clear(each);
    expect(everywhere.every((each) => bits.rank(each) === 0)).toBe(true);
  });
});
