import { describe, expect, it } from 'vitest';
import { cut, cutStart, fill, padEnd, padStart, painter, wrap } from '../../../../src/core/report/text/style.js';

const red = painter({ colour: true, width: 100 })('red', 'x');

describe('text for a terminal', () => {
  it('is padded by what is seen of it', () => {
    expect(red).not.toBe('x');
    expect(padStart(red, 3)).toBe(`  ${red}`);
    expect(padEnd('日本語', 8)).toBe('日本語  ');
    expect(padStart('👩\u200D💻😀', 6)).toBe('  👩\u200D💻😀');
  });

  it('has no colours where they are not wanted', () => {
    expect(painter({ colour: false, width: 100 })('red', 'x')).toBe('x');
  });

  it('is cut with an ellipsis', () => {
    expect([cut('abc', 3), cut('abcd', 3), cut('abcd', 0)]).toEqual(['abc', 'ab…', '…']);
    expect([cut('日本語', 6), cut('日本語', 5), cut('日本語', 4)]).toEqual(['日本語', '日本…', '日…']);
    expect(cut('👩\u200D💻👩\u200D💻', 3)).toBe('👩\u200D💻…');
  });

  it('is cut at its beginning where its end says more', () => {
    expect([cutStart('abc', 3), cutStart('abcd', 3), cutStart('abcd', 0)]).toEqual(['abc', '…cd', '…']);
    expect([cutStart('日本語', 6), cutStart('日本語', 5), cutStart('日本語', 4)]).toEqual(['日本語', '…本語', '…語']);
    expect(cutStart('👩\u200D💻👩\u200D💻', 3)).toBe('…👩\u200D💻');
  });

  it('wraps between words, and within words that are longer than a line', () => {
    expect(wrap('one two three', 8, '  ')).toEqual(['one two', '  three']);
    expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrap('日本語モデルの名前', 8, '  ')).toEqual(['日本語モ', '  デルの', '  名前']);
    expect(wrap('か\u3099 か\u3099 x', 5, ' ')).toEqual(['が が', ' x']);
  });

  it('keeps items whole', () => {
    expect(fill(['a b', 'c', 'd e'], ' · ', 8)).toEqual(['a b · c', 'd e']);
  });
});
