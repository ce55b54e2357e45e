import { describe, expect, it } from 'vitest';
import { cut, fill, padStart, painter, widthOf, wrap } from '../../../../src/core/report/text/style.js';

const red = painter({ colour: true, width: 100 })('red', 'x');

describe('text for a terminal', () => {
  it('is as wide as what is seen of it', () => {
    expect(red).not.toBe('x');
    expect(widthOf(red)).toBe(1);
    expect(widthOf('▁█😀')).toBe(3);
    expect(widthOf(padStart(red, 5))).toBe(5);
  });

  it('has no formats without colour', () => {
    expect(painter({ colour: false, width: 100 })('red', 'x')).toBe('x');
  });

  it('is cut with an ellipsis', () => {
    expect([cut('abc', 3), cut('abcd', 3), cut('abcd', 0)]).toEqual(['abc', 'ab…', '…']);
  });

  it('wraps between words, and within words that are longer than a line', () => {
    expect(wrap('one two three', 8, '  ')).toEqual(['one two', '  three']);
    expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
  });

  it('keeps items whole', () => {
    expect(fill(['a b', 'c', 'd e'], ' · ', 8)).toEqual(['a b · c', 'd e']);
  });
});
