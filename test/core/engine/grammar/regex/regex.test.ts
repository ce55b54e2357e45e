import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptsText } from '../../../../../src/core/engine/grammar/automaton.js';
import { codePoints } from '../../../../../src/core/engine/grammar/char-set.js';
import { Budget } from '../../../../../src/core/engine/grammar/limits.js';
import { regexAutomaton } from '../../../../../src/core/engine/grammar/regex/regex.js';

function budget(): Budget {
  return new Budget({ param: 'x', name: 'It' });
}

function isFound(regex: string, text: string): boolean {
  return acceptsText(regexAutomaton(regex, budget()), codePoints(text), budget());
}

/**
 * Looks for a match at one character after the other: where the end is anchored, the search of V8 14 misses some that begin with
 * a character of two code units (`/[^a]b$/u` in `😀b`).
 */
function isFoundByJavaScript(source: string, text: string): boolean {
  const expected = new RegExp(source, 'uy');
  const starts = Array.from(text).reduce((found, character) => [...found, (found.at(-1) ?? 0) + character.length], [0]);
  return starts.some((start) => {
    expected.lastIndex = start;
    return expected.test(text);
  });
}

/** Short texts of the characters that the expressions below are about. */
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.', '-', '1', ' ', '\n', 'é', '😀'), maxLength: 9 });

const atom = fc.constantFrom(
  ...[
    'a',
    'b',
    'ab',
    '.',
    '[ab]',
    '[^a]',
    '[a-c1]',
    '\\d',
    '\\W',
    '\\s',
    '\\.',
    '\\u{1f600}',
    '\\x61',
    '\\p{L}',
    '(?:a|bc)',
  ],
  ...['(?=a.)', '(?!b)', '(b*)', '[\\d-]', '[^\\s.]'],
);
const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '*?');
const part = fc
  .tuple(atom, quantifier)
  .map(([symbol, times]) => (symbol.startsWith('(?=') || symbol.startsWith('(?!') ? symbol : `(?:${symbol})${times}`));
const regex = fc
  .array(fc.array(part, { maxLength: 4 }), { minLength: 1, maxLength: 3 })
  .chain((options) =>
    fc
      .tuple(fc.constantFrom('', '^'), fc.constantFrom('', '$'))
      .map(([start, end]) => options.map((parts) => start + parts.join('') + end).join('|')),
  );

describe('regexAutomaton', () => {
  it('accepts the texts in which JavaScript finds a match', () => {
    fc.assert(
      fc.property(regex, fc.array(text, { minLength: 5, maxLength: 5 }), (source, texts) => {
        const automaton = regexAutomaton(source, budget());
        for (const each of texts)
          expect(acceptsText(automaton, codePoints(each), budget()), each).toBe(isFoundByJavaScript(source, each));
      }),
      { numRuns: 300 },
    );
  });

  it('searches anywhere, unless there are anchors', () => {
    expect(isFound('b', 'abc')).toBe(true);
    expect(isFound('^b', 'abc')).toBe(false);
    expect(isFound('b$', 'abc')).toBe(false);
    expect(isFound('^a|c$', 'xc')).toBe(true);
  });

  it('takes time in proportion to the expression where backtracking would not end', () => {
    expect(isFound('^(a+)+$', `${'a'.repeat(5000)}b`)).toBe(false);
  });

  it.each([
    ['a\\b', '"\\b" is not supported'],
    ['(a)\\1', 'references to groups are not supported'],
    ['(?<=a)b', 'only groups'],
    ['(a', 'a group is not closed'],
    ['a)', '")" without a "("'],
    ['[b-a]', 'out of order'],
    ['a{3,2}', 'out of order'],
    ['*a', 'nothing comes before "*"'],
    ['a**', 'two quantifiers'],
    ['\\p{Nonsense}', 'the property "Nonsense" is unknown'],
    ['[a', 'it ends too early'],
    ['(?:'.repeat(99), 'nested more than'],
  ])('refuses %s', (source, problem) => {
    expect(() => regexAutomaton(source, budget())).toThrow(problem);
  });

  it.each(['^.{0,9000}$', '^(?:a{100}){100}$', '^(?:a|b)*a.{14}$'])('refuses %s as too complex', (source) => {
    expect(() => regexAutomaton(source, budget())).toThrow(expect.objectContaining({ code: 'grammar_too_complex' }));
  });
});
