import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextFinder } from '../../../../src/core/engine/text/text-finder.js';

describe('TextFinder', () => {
  it('finds texts in the pieces in which they end', () => {
    const finder = new TextFinder(['ab', 'bcd', '']);
    expect(['xa', 'b', 'c', 'd', 'a', 'x', 'aab'].map((piece) => finder.push(piece))).toEqual([
      false,
      true,
      false,
      true,
      false,
      false,
      true,
    ]);
  });

  it('finds nothing if there is nothing to be found', () => {
    expect(new TextFinder([]).push('abc')).toBe(false);
    expect(new TextFinder(['']).push('abc')).toBe(false);
  });

  it('finds in each piece what a search in the whole text finds to end there', () => {
    const text = (maxLength: number): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1, maxLength });
    fc.assert(
      fc.property(fc.array(text(5), { maxLength: 6 }), fc.array(text(4)), (texts, pieces) => {
        const finder = new TextFinder(texts);
        let before = '';
        for (const piece of pieces) {
          const whole = before + piece;
          const ends = Array.from(piece, (_, index) => before.length + index + 1);
          const expected = ends.some((end) => texts.some((each) => whole.slice(0, end).endsWith(each)));
          expect(finder.push(piece)).toBe(expected);
          before = whole;
        }
      }),
    );
  });
});
