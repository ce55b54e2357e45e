import { describe, expect, it } from 'vitest';
import { cutPattern, noPlaces, type Places } from '../../../../../src/core/engine/llama/prompt/cut-places.js';
import { apart, cut } from '../../../../../src/core/engine/llama/prompt/text-cuts.js';

const cuts = (text: string, mayCutRun = true, behindDigits = false, places: Partial<Places> = {}) => [
  ...cut(text, { mayCutRun: () => mayCutRun, places: cutPattern({ ...noPlaces, ...places }, behindDigits) }),
];

describe('cut', () => {
  it('leaves short text as it is', () => {
    expect(cuts('a b')).toEqual([{ text: 'a b', isContinued: false }]);
    expect(cuts('')).toEqual([{ text: '', isContinued: false }]);
  });

  it('cuts before a space between letters, and nowhere else', () => {
    const text = `${'x, 1 '.repeat(4000)}${'word '.repeat(10_000)}`;
    const parts = cuts(text);
    expect(parts.map((part) => part.text).join('')).toBe(text);
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.map(({ isContinued }) => isContinued)).toEqual(parts.map((_, index) => index > 0));
    for (const { text: own } of parts.slice(1)) expect(own).toMatch(/^ w/);
    expect(cuts('1, '.repeat(30_000))).toHaveLength(1);
  });

  it('cuts beside digits if no token prevents it', () => {
    const text = '1 2 3 4 '.repeat(10_000);
    expect(cuts(text)).toHaveLength(1);
    const parts = cuts(text, true, true);
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.map((part) => part.text).join('')).toBe(text);
    for (const { text: own } of parts.slice(1)) expect(own).toMatch(/^ \d/);
  });

  it.each([
    ['before digits and punctuation behind a letter', 'ab9a-c.', { behindLetters: '9-.' }, /^[9\-.]/],
    ['only before those that no token contains there', 'ab9a-c.', { behindLetters: '-' }, /^-c/],
    ['behind a newline before a letter', 'a.\n\nb\n c\r\nd.\n日本', { behindNewlines: true }, /^日/],
  ])('cuts %s', (_name, unit, places, beginning) => {
    const text = unit.repeat(20_000);
    expect(cuts(text)).toHaveLength(1);
    const parts = cuts(text, true, false, places);
    expect(parts.length).toBeGreaterThan(4);
    expect(parts.map((part) => part.text).join('')).toBe(text);
    for (const { text: own } of parts.slice(1)) expect(own).toMatch(beginning);
  });

  it('cuts runs at multiples of 4096 from their beginning', () => {
    const parts = cuts(`${'a'.repeat(5)}${'\n'.repeat(100_000)}b`);
    expect(parts.length).toBeGreaterThan(3);
    let length = 0;
    for (const { text } of parts.slice(0, -1)) expect(((length += text.length) - 5) % 4096).toBe(0);
    expect(cuts('\n'.repeat(100_000), false)).toHaveLength(1);
  });
});

describe('apart', () => {
  it('cuts names after their first character', () => {
    expect(apart('a<|x|><|y|><|x|>', ['<|x|>'])).toEqual(['a<', '|x|><|y|><', '|x|>']);
    expect(apart('none', ['<|x|>'])).toEqual(['none']);
  });
});
