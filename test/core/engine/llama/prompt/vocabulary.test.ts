import { describe, expect, it } from 'vitest';
import {
  leastTokens,
  readVocabulary,
  type Spelling,
  type VocabularyEntry,
} from '../../../../../src/core/engine/llama/prompt/vocabulary.js';

const ordinary = (texts: readonly string[]): VocabularyEntry[] =>
  texts.map((text, token) => ({ token, text, special: null }));

function vocabulary(spelling: Spelling | null, texts: readonly string[], special: readonly VocabularyEntry[] = []) {
  return readVocabulary({ spelling, entries: () => [...ordinary(texts), ...special] });
}

const control = { type: 'control', strips: { left: false, right: false } } as const;

describe('leastTokens', () => {
  it('gives each byte the share of the longest token with it', () => {
    const letters = vocabulary('bytes', ['a', 'b', 'c', 'aabb', 'Ġ', 'Ġc']);
    expect(leastTokens('aabbaabb', letters)).toBe(2);
    expect(leastTokens('cccc', letters)).toBe(2);
    expect(leastTokens('a'.repeat(400), letters)).toBe(100);
  });

  it('counts bytes of other spellings and of special tokens', () => {
    const pieces = vocabulary('characters', ['▁', 'a', '▁aa', '<0xC3>', '<0xA9>', 'é']);
    expect(leastTokens('aaa', pieces)).toBe(1);
    expect(leastTokens('éé', pieces)).toBe(2);
    const withMark = vocabulary('bytes', ['a', '<'], [{ token: 9, text: '<aaaaaaaa>', special: control }]);
    expect(leastTokens('a'.repeat(21), withMark)).toBe(2);
  });

  it('gives nothing to bytes that may be dropped, and nothing at all where that is not known', () => {
    expect(leastTokens('zz', vocabulary('bytes', ['a', 'azz']))).toBe(0);
    expect(leastTokens('aa', vocabulary(null, ['a']))).toBe(0);
    const strips = {
      token: 9,
      text: '<m>',
      special: { type: 'control', strips: { left: true, right: false } },
    } as const;
    expect(leastTokens('  ', vocabulary('bytes', ['Ġ'], [strips]))).toBe(0);
  });
});

describe('cutsBeforeSpaces', () => {
  it('is refused by a token with a space behind a letter', () => {
    expect(vocabulary('bytes', ['a', 'Ġa', '.Ġ', 'ĠĠ']).cutsBeforeSpaces).toBe(true);
    expect(vocabulary('bytes', ['a', 'ofĠthe']).cutsBeforeSpaces).toBe(false);
    expect(vocabulary('bytes', ['Ã©Ġ']).cutsBeforeSpaces).toBe(false);
    expect(vocabulary('characters', ['a', '▁a', '>▁<']).cutsBeforeSpaces).toBe(true);
    expect(vocabulary('characters', ['é▁']).cutsBeforeSpaces).toBe(false);
    expect(vocabulary(null, []).cutsBeforeSpaces).toBe(false);
  });

  it('is refused beside digits by a token with a space behind a digit', () => {
    expect(vocabulary('bytes', ['1', 'Ġ1']).cutsAfterDigits).toBe(true);
    expect(vocabulary('bytes', ['1Ġ']).cutsAfterDigits).toBe(false);
    expect(vocabulary('characters', ['1▁2']).cutsAfterDigits).toBe(false);
    expect(vocabulary('bytes', ['aĠ']).cutsAfterDigits).toBe(false);
  });
});

describe('places', () => {
  const placesOf = (spelling: Spelling | null, texts: readonly string[]) => vocabulary(spelling, texts).places;
  const all = '0123456789!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~';

  it('are those between a letter and a digit or punctuation that no token contains', () => {
    expect(placesOf('bytes', ['ab', 'Ġ(', '."', '12', 'âĢĿ,']).behindLetters).toBe(all);
    expect(placesOf('bytes', ['a1', 'x.y', 'Ã©-']).behindLetters).toBe(all.replace(/[1.-]/g, ''));
    expect(placesOf('characters', ['▁a', '日,', '">']).behindLetters).toBe(all.replace(',', ''));
  });

  it('are not there behind parts of characters, which may be letters', () => {
    expect(placesOf('bytes', ['Ŀ,']).behindLetters).toBe(all.replace(',', ''));
    expect(placesOf('bytes', ['ĊĿ']).behindNewlines).toBe(false);
  });

  it('are those between a newline and a letter', () => {
    expect(placesOf('bytes', ['Ċ', 'ĊĊ', '.Ċ', 'ĊĠĠ']).behindNewlines).toBe(true);
    expect(placesOf('bytes', ['Ċa']).behindNewlines).toBe(false);
    expect(placesOf('characters', ['\n', '\n▁']).behindNewlines).toBe(true);
    expect(placesOf('characters', ['\n日']).behindNewlines).toBe(false);
  });

  it('are unknown where words may contain spaces, and of other vocabularies', () => {
    const none = { behindLetters: '', behindNewlines: false };
    expect(placesOf('bytes', ['ofĠthe'])).toEqual(none);
    expect(placesOf(null, ['a'])).toEqual(none);
  });
});
