import { expect, it } from 'vitest';
import { hermes } from '../../../../../src/core/engine/dialects/families/json/hermes.js';
import { answerGrammar } from '../../../../../src/core/engine/dialects/rules/answer-grammar.js';
import { GrammarMatcher } from '../../../../support/grammar/matcher.js';

type Schema = Readonly<Record<string, unknown>>;

const word = { type: 'string' };

/** Whether a function that is not strict may be called with these arguments. */
function mayCall(parameters: Schema, value: unknown): boolean {
  const calls = { tools: [{ name: 'f', parameters, isStrict: false }], isRequired: true, isParallel: false };
  const dialect = { thoughts: null, calls: hermes };
  const grammar = answerGrammar(dialect, { calls, format: { type: 'text' }, isThinking: false });
  const call = `<tool_call>{"name":"f","arguments":${JSON.stringify(value)}}</tool_call>`;
  return new GrammarMatcher(grammar?.rules ?? new Map()).match(call).accepted;
}

it.each<readonly [string, Schema, unknown]>([
  ['if', { if: {}, then: { properties: { b: word } } }, { a: 'x', b: 'y' }],
  ['dependentSchemas', { dependentSchemas: { a: { properties: { b: word } } } }, { a: 'x', b: 'y' }],
  ['dependentRequired', { dependentRequired: { a: ['b'] } }, { a: 'x', b: 'y' }],
  ['unevaluatedProperties', { unevaluatedProperties: word }, { a: 'x', b: 'y' }],
  ['a $ref to another document', { allOf: [{ $ref: 'https://a/b.json' }] }, { a: 'x', b: 'y' }],
  ['a $dynamicRef', { allOf: [{ $dynamicRef: '#node' }] }, { a: 'x', b: 'y' }],
  ['patternProperties', { patternProperties: { [String.raw`\bb`]: word } }, { a: 'x', b: 'y' }],
])('leaves room for what %s may name', (_keyword, more, value) => {
  const parameters = { type: 'object', properties: { a: word }, ...more };
  expect([value, { a: 1 }].map((each) => mayCall(parameters, each))).toEqual([true, false]);
});

it('leaves room for the items that unevaluatedItems may allow', () => {
  const list = { type: 'array', prefixItems: [word], unevaluatedItems: word };
  const parameters = { type: 'object', properties: { list } };
  expect([['a', 'b'], [1]].map((each) => mayCall(parameters, { list: each }))).toEqual([true, false]);
});

it.each(['not', 'unevaluatedProperties'])('stays closed where only %s is left out, which names nothing', (keyword) => {
  const parameters = {
    type: 'object',
    properties: { a: word },
    [keyword]: keyword === 'not' ? { required: ['b'] } : false,
  };
  expect([{ a: 'x' }, { b: 'y' }].map((each) => mayCall(parameters, each))).toEqual([true, false]);
});

it('holds to nothing where what is left of a schema allows nothing', () => {
  const empty = { type: 'object', properties: { a: word }, minProperties: 2, additionalProperties: false };
  expect(mayCall({ ...empty, contains: word }, { anything: true })).toBe(true);
  expect(() => mayCall(empty, {})).toThrow('no output can satisfy it');
});
