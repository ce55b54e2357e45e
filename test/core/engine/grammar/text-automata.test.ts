import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptsText, type Automaton, everything, ofLength } from '../../../../src/core/engine/grammar/automaton.js';
import { codePoints } from '../../../../src/core/engine/grammar/char-set.js';
import { Budget } from '../../../../src/core/engine/grammar/limits.js';
import { regexAutomaton } from '../../../../src/core/engine/grammar/regex/regex.js';
import { automatonOfTexts, endedBy, unionOf } from '../../../../src/core/engine/grammar/text-automata.js';

const budget = (): Budget => new Budget({ param: 'test', name: 'The test' });
const accepts = (automaton: Automaton, text: string): boolean => acceptsText(automaton, codePoints(text), budget());

describe('automatonOfTexts', () => {
  it('accepts these texts and no others', () => {
    const automaton = automatonOfTexts(['a', 'ab', '😀', ''], budget());
    expect(['a', 'ab', '😀', ''].map((text) => accepts(automaton, text))).toEqual([true, true, true, true]);
    expect(['b', 'abc', 'aa'].map((text) => accepts(automaton, text))).toEqual([false, false, false]);
    expect(automatonOfTexts([], budget())).toEqual([]);
  });
});

describe('unionOf', () => {
  it('accepts what one of them accepts', () => {
    const union = unionOf([[], regexAutomaton('^a+$', budget()), automatonOfTexts(['b'], budget())], budget(), 'it');
    expect(['a', 'aa', 'b', 'ab', ''].map((text) => accepts(union, text))).toEqual([true, true, true, false, false]);
    expect(unionOf([], budget(), 'it')).toEqual([]);
  });
});

describe('endedBy', () => {
  const short = ofLength(everything, { min: 1, max: 6 }, budget(), 'it');
  const pattern = regexAutomaton('^(?:ab|a]|\\n)*$', budget());

  it.each<readonly [string, Automaton, (text: string) => boolean]>([
    ['everything', everything, () => true],
    ['short texts', short, (text) => text.length >= 1 && text.length <= 6],
    ['a pattern', pattern, (text) => /^(?:ab|a\]|\n)*$/.test(text)],
  ])('accepts %s up to the first mark', (_, automaton, isAllowed) => {
    // Marks with beginnings that come again in them, and with parts that are forbidden alone.
    const marks = [
      ['</a>', []],
      [']<]a', []],
      ['\n</', ['</']],
      ['aab', ['aa']],
    ] as const;
    const texts = fc
      .array(fc.constantFrom('<', '>', '/', 'a', 'b', ']', '\n'), { maxLength: 9 })
      .map((chars) => chars.join(''));
    for (const [end, forbidden] of marks) {
      const ended = endedBy(automaton, end, forbidden, budget(), 'it');
      fc.assert(
        fc.property(texts, (text) => {
          const whole = text + end;
          const isFirst = whole.indexOf(end) === text.length;
          const isClean = forbidden.every((part) => whole.indexOf(part) === text.length + end.indexOf(part));
          expect(accepts(ended, whole), whole).toBe(isFirst && isClean && isAllowed(text));
          expect(accepts(ended, `${whole}a`)).toBe(false);
        }),
        { numRuns: 200 },
      );
    }
  });
});
