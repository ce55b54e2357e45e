import { describe, expect, it } from 'vitest';
import { compileFormat } from '../../../../src/core/engine/format/compile-format.js';
import { GrammarMatcher } from '../../../support/grammar/matcher.js';

describe('a choice', () => {
  it('is one of the texts, whatever they contain', () => {
    const choices = ['a', 'ab', 'ab', 'a.c', '"\\', '(x|y)*', '日本\n', ' '];
    const matcher = new GrammarMatcher(compileFormat({ type: 'choice', choices }).rules);
    for (const choice of choices) expect(matcher.match(choice).accepted, choice).toBe(true);
    for (const other of ['', 'b', 'abc', 'aa', 'x', 'a.', 'abab', '日本']) {
      expect(matcher.match(other).accepted, other).toBe(false);
    }
  });

  it('may be one of a thousand texts, with as many places as different next characters', () => {
    const choices = Array.from({ length: 1000 }, (_, index) => `choice ${index}`);
    expect(compileFormat({ type: 'choice', choices }).complexity.parallelStates).toBeLessThanOrEqual(11);
  });

  it('is refused, naming the parameter and the place, if no text can be that', () => {
    expect(() => compileFormat({ type: 'choice', choices: ['a', '\ud800'], param: 'guided_choice' })).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        param: 'guided_choice',
        message: 'The list of choices at /1 cannot be used: it contains half of a character.',
      }) as Error,
    );
  });
});

describe('errors about a format', () => {
  it('name the notation of grammars, because other servers also understand others', () => {
    const lark = '%llguidance {}\n\nstart: /[0-9]{3}/\n';
    expect(() => compileFormat({ type: 'grammar', grammar: lark })).toThrow(
      expect.objectContaining({
        message: 'The grammar cannot be used: the name of a rule is missing in line 1.',
        hint: expect.stringContaining('GBNF') as string,
      }) as Error,
    );
  });

  it.each([
    [{ type: 'json_schema', schema: { type: 'wish' } }, 'The JSON schema at /type'],
    [{ type: 'regex', regex: '(' }, 'The regular expression'],
    [{ type: 'regex', regex: 'a)|(b' }, 'The regular expression'],
    [{ type: 'grammar', grammar: 'root' }, 'The grammar'],
    [{ type: 'regex', regex: 'a'.repeat(300_000) }, 'The regular expression is too complex'],
  ] as const)('name the parameter that asked for it', (format, subject) => {
    for (const param of [undefined, 'format']) {
      expect(() => compileFormat({ ...format, param })).toThrow(
        expect.objectContaining({
          param: param ?? 'response_format',
          message: expect.stringContaining(subject) as string,
        }) as Error,
      );
    }
  });
});
