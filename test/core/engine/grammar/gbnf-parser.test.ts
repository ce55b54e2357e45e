import { describe, expect, it } from 'vitest';
import { compileFormat } from '../../../../src/core/engine/format/compile-format.js';
import { GrammarMatcher } from '../../../support/grammar/matcher.js';

function accepted(grammar: string, texts: readonly string[]): boolean[] {
  const matcher = new GrammarMatcher(compileFormat({ type: 'grammar', grammar }).rules);
  return texts.map((text) => matcher.match(text).accepted);
}

describe('a grammar in GBNF', () => {
  it('is read as llama.cpp reads it', () => {
    const grammar = String.raw`
      # A comment.
      root ::= (item "\n")+ end?
      item ::= "- " [^\n"\x41\u00e9]{2,3} | # the first one
               "* " (digit | "\"") 
      digit ::= [0-9-]
      end ::= [^*-] "]"*`;
    expect(accepted(grammar, ['- xy\n', '* 7\n* -\n', '* "\n😀]]'])).toEqual([true, true, true]);
    expect(accepted(grammar, ['- x\n', '- xyzz\n', '- xA\n', '* a\n', '😀', '- é1\n'])).toEqual(Array(6).fill(false));
  });

  it('has characters beyond the first 65,536 in escapes, and reads what we write', () => {
    const grammar = String.raw`root ::= [\U0001F600-\U0001F64f] "\U0001f600" [^a]`;
    expect(accepted(grammar, ['😁😀b', '😁😀😀', '🚀😀b', '😁😁b', '😁😀a'])).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    const { gbnf } = compileFormat({ type: 'grammar', grammar });
    expect(accepted(gbnf, ['😁😀b', '🚀😀b', '😁😀a'])).toEqual([true, false, false]);
  });

  it('has classes of any number of characters', () => {
    const long = 'ab'.repeat(100_000);
    expect(accepted(`root ::= [${long}]`, ['a', 'c'])).toEqual([true, false]);
    const matcher = new GrammarMatcher(compileFormat({ type: 'regex', regex: `[${long}]` }).rules);
    expect(matcher.match('b').accepted).toBe(true);
  });

  it('may be recursive', () => {
    const grammar = 'root ::= term ("+" term)*\nterm ::= [0-9]+ | "(" root ")"';
    expect(accepted(grammar, ['1+(2+34)', '((1))', '1+', '(1'])).toEqual([true, true, false, false]);
  });

  it.each([
    ['a ::= "x"', 'it has no rule "root"'],
    ['root ::= x', 'the rule "x" is not defined'],
    ['root ::= "a"\nroot ::= "b"', 'defined twice'],
    ['root = "a"', '"::=" is missing in line 1'],
    ['root ::= ("a"', '")" is missing'],
    ['root ::= "a" ]', 'the end of the line is missing in line 1'],
    ['root ::= "\\q"', 'the escape "\\q" is unknown'],
    ['root ::= "\\U00110000"', 'the escape "\\U00110000" is not a character'],
    ['root ::= "a"{3,2}', 'out of order'],
    ['root ::= [z-a]', 'a range of characters in "[z-a]" is out of order'],
    ['root ::= [^z-a]', 'out of order'],
    ['root ::= [\\uD83D] | "a"', 'no character is in'],
    ['root ::= "\\uD83D"', 'half of a character'],
    ['root ::= "\ud83d"', 'half of a character'],
    ['root ::= root', 'no output can satisfy it'],
  ])('is refused if it is wrong: %s', (grammar, problem) => {
    expect(() => compileFormat({ type: 'grammar', grammar })).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining(problem) as string }),
    );
  });

  it.each([
    'root ::= a a\na ::= "x"*',
    'root ::= root "a" | "b"',
    'root ::= (a | b) "y"\na ::= "x" a | ""\nb ::= "x" b "z" | ""',
  ])('is refused if a text can be read in several ways: %s', (grammar) => {
    expect(() => compileFormat({ type: 'grammar', grammar })).toThrow(
      expect.objectContaining({
        code: 'grammar_too_complex',
        message: expect.stringContaining('several ways') as string,
      }),
    );
  });
});

describe('a regular expression', () => {
  it('is what the whole output matches', () => {
    const matcher = new GrammarMatcher(compileFormat({ type: 'regex', regex: 'a+|(?!bb)[b-d]{2}' }).rules);
    const texts = ['aaa', 'bc', 'bb', 'xa', 'ab', ''];
    expect(texts.map((text) => matcher.match(text).accepted)).toEqual([true, true, false, false, false, false]);
  });

  it('is refused if it contains half of a character', () => {
    expect(() => compileFormat({ type: 'regex', regex: 'a|\ud83d' })).toThrow('half of a character');
  });

  it('is refused if it is not supported', () => {
    expect(() => compileFormat({ type: 'regex', regex: '(a' })).toThrow(
      'The regular expression cannot be used: a group',
    );
  });
});
