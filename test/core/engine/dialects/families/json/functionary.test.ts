import { describe, expect, it } from 'vitest';
import {
  functionaryV31,
  functionaryV32,
} from '../../../../../../src/core/engine/dialects/families/json/functionary.js';
import { answerGrammar } from '../../../../../../src/core/engine/dialects/rules/answer-grammar.js';
import { GrammarMatcher } from '../../../../../support/grammar/matcher.js';
import { accepts, read } from '../../harness.js';
import { oslo, osloText, readsAndAllows, sum, sumText } from '../../syntax-examples.js';

describe('calls of Functionary 3.1', () => {
  const first = `<function=get_weather>${osloText}</function>`;
  readsAndAllows({
    syntax: functionaryV31,
    one: first,
    two: `${first}\n<function=add>${sumText}</function>`,
    none: '<function=now>{}</function>',
    content: [
      '<function=add',
      '<function=add>',
      '<function=add> is how calls begin.',
      '<function=unknown>{}</function>',
      '<function=adder>{}</function>',
      '<<function>',
    ],
    refused: [
      '<function=unknown>{}</function>',
      '<function=add>{"a": 1}</function>',
      `${first} and more`,
      `<function=add>${sumText}`,
    ],
  });

  it('reads a call without arguments', () => {
    const calls = [{ name: 'now', arguments: {} }];
    expect(read({ thoughts: null, calls: functionaryV31 }, '<function=now></function>').calls).toEqual(calls);
  });
});

describe('calls of Functionary 3.2', () => {
  const dialect = { thoughts: null, calls: functionaryV32 };
  const first = `get_weather\n${osloText}`;
  readsAndAllows({
    syntax: functionaryV32,
    one: first,
    two: `${first}>>>add\n${sumText}`,
    none: 'now\n{}',
    content: [
      'add',
      'add\n',
      'add\nis a function',
      'unknown\n{}',
      ' add >>> 1',
      '>>>print(1)\n1',
      'a >>>',
      'a >>>unknown\n{}',
    ],
    refused: ['add\n{"a": 1}', 'all\nHello>>>add\n{"a": 1}', `${first} and more`],
    onlyAtStart: true,
  });

  it('reads content, and calls after it', () => {
    expect(read(dialect, 'all\nHello')).toEqual({ content: 'Hello', reasoning: '', calls: [] });
    expect(read(dialect, 'all\nadd\n{}')).toEqual({ content: 'add\n{}', reasoning: '', calls: [] });
    const text = `all\n>>> I will look.\n>>>${first}\n>>>add\n${sumText}`;
    expect(read(dialect, text)).toEqual({ content: '>>> I will look.', reasoning: '', calls: [oslo, sum] });
    expect(accepts(functionaryV32, text)).toBe(true);
    expect(read(dialect, `${first}>>>all\nDone.`)).toEqual({ content: 'Done.', reasoning: '', calls: [oslo] });
  });

  it('leaves the recipient out without tools', () => {
    expect(read(dialect, 'all\nHello >>>all\n', { tools: [] })).toMatchObject({ content: 'Hello >>>all\n' });
  });

  it('lets content in a format have its recipient', () => {
    const grammar = answerGrammar(dialect, { calls: null, format: { type: 'json_object' }, isThinking: false });
    const matcher = new GrammarMatcher(grammar?.rules ?? new Map());
    expect([matcher.match('all\n{"a": 1}').accepted, matcher.match('{"a": 1}').accepted]).toEqual([true, false]);
  });
});
