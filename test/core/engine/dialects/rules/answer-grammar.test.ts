import { describe, expect, it } from 'vitest';
import { hermes } from '../../../../../src/core/engine/dialects/families/json/hermes.js';
import { qwen3Coder } from '../../../../../src/core/engine/dialects/families/parameters/qwen3-coder.js';
import { answerGrammar } from '../../../../../src/core/engine/dialects/rules/answer-grammar.js';
import type { Tool } from '../../../../../src/core/engine/output-format.js';
import { GrammarMatcher } from '../../../../support/grammar/matcher.js';

const text = { type: 'text' } as const;

function tools(count: number, isStrict: boolean): Tool[] {
  const properties = Object.fromEntries(['first', 'second', 'third'].map((name) => [name, { type: 'string' }]));
  const parameters = { type: 'object', properties, required: ['first'] };
  return Array.from({ length: count }, (_, index) => ({ name: `tool_number_${index}`, parameters, isStrict }));
}

function grammar(count: number, { isRequired = false, isStrict = false } = {}): ReturnType<typeof answerGrammar> {
  const calls = { tools: tools(count, isStrict), isRequired, isParallel: true };
  return answerGrammar({ thoughts: null, calls: qwen3Coder }, { calls, format: text, isThinking: false });
}

describe('the grammar of an answer with more tools than it can hold', () => {
  it('is none if the answer may be text', () => {
    expect(grammar(400)).toBeNull();
  });

  it.each([{ isRequired: true }, { isStrict: true }])('is refused if something was promised: %j', (promise) => {
    expect(() => grammar(400, promise)).toThrow(/The list of tools is too complex/);
  });
});

it.each([hermes, qwen3Coder])('names the strict tool whose schema is too complex, and the place', (syntax) => {
  const url = { type: 'string', pattern: '(?:ab|cd){300}.{2000}(?:ef|gh){2000}' };
  const parameters = { type: 'object', properties: { url }, required: ['url'] };
  const calls = {
    tools: [...tools(1, false), { name: 'open', parameters, isStrict: true }],
    ...{ isRequired: true, isParallel: false },
  };
  const compile = (): unknown =>
    answerGrammar({ thoughts: null, calls: syntax }, { calls, format: text, isThinking: false });
  expect(compile).toThrow(
    expect.objectContaining({
      code: 'grammar_too_complex',
      param: 'tools.1.function.parameters',
      message: expect.stringContaining('The schema of open at /properties/url/pattern') as string,
    }),
  );
});

it('keeps the shorter schemas of tools whose schemas cost too much together', () => {
  const parameters = (count: number): NonNullable<Tool['parameters']> => ({
    type: 'object',
    properties: Object.fromEntries(Array.from({ length: count }, (_, index) => [`key_${index}`, { type: 'integer' }])),
    additionalProperties: false,
  });
  const small: Tool = { name: 'small', parameters: parameters(2), isStrict: false };
  const large: Tool = { name: 'large', parameters: parameters(1500), isStrict: false };
  const calls = { tools: [large, small], isRequired: true, isParallel: false };
  const compiled = answerGrammar({ thoughts: null, calls: hermes }, { calls, format: text, isThinking: false });
  const matcher = new GrammarMatcher(compiled?.rules ?? new Map());
  const accepts = (name: string, given: string): boolean =>
    matcher.match(`<tool_call>{"name":"${name}","arguments":${given}}</tool_call>`).accepted;
  expect([accepts('small', '{"key_0":1}'), accepts('small', '{"key_0":"text"}')]).toEqual([true, false]);
  expect(accepts('large', '{"key_0":"text"}')).toBe(true);
});

it('gives all attempts at schemas that cost too much the time of one', () => {
  const toolOf = (name: string): Tool => {
    const values = Array.from({ length: 1500 }, (_, index) => `${name} value number ${index}`);
    return { name, parameters: { type: 'object', properties: { key: { enum: values } } }, isStrict: false };
  };
  const calls = { tools: ['a', 'b', 'c', 'd'].map(toolOf), isRequired: true, isParallel: false };
  let [looks, hurries] = [0, 0];
  const compiled = answerGrammar(
    { thoughts: null, calls: hermes },
    { calls, format: text, isThinking: false },
    () => (hurries += 1),
    () => 3000 * (looks += 1),
  );
  // All of them, half of them and a quarter; then any arguments are allowed.
  expect(hurries).toBe(3);
  // Two looks at the clock after the beginning, one in each later attempt, and those of the last resort.
  expect(looks).toBeLessThanOrEqual(8);
  expect(compiled).not.toBeNull();
});

it('holds a function to the rest of its schema if a keyword cannot be enforced, unless it is strict', () => {
  const ids = { type: 'array', items: { type: 'integer' }, uniqueItems: true };
  const parameters = { type: 'object', properties: { ids }, required: ['ids'], additionalProperties: false };
  const compile = (isStrict: boolean): ReturnType<typeof answerGrammar> => {
    const calls = { tools: [{ name: 'f', parameters, isStrict }], isRequired: true, isParallel: false };
    return answerGrammar({ thoughts: null, calls: hermes }, { calls, format: text, isThinking: false });
  };
  const matcher = new GrammarMatcher(compile(false)?.rules ?? new Map());
  const given = ['{"ids":[1,1]}', '{"ids":["a"]}', '{}', '{"ids":[],"more":1}'];
  const accepted = given.filter(
    (each) => matcher.match(`<tool_call>{"name":"f","arguments":${each}}</tool_call>`).accepted,
  );
  expect(accepted).toEqual(['{"ids":[1,1]}']);
  expect(() => compile(true)).toThrow('The schema of f at /properties/ids/uniqueItems cannot be used');
});

it('takes an object as the arguments, whatever the schema of a function says', () => {
  const tool: Tool = { name: 'f', parameters: { type: 'array' }, isStrict: false };
  const calls = { tools: [tool], isRequired: true, isParallel: false };
  const compiled = answerGrammar({ thoughts: null, calls: hermes }, { calls, format: text, isThinking: false });
  const matcher = new GrammarMatcher(compiled?.rules ?? new Map());
  const call = (given: string): string => `<tool_call>{"name":"f","arguments":${given}}</tool_call>`;
  expect(matcher.match(call('{}')).accepted).toBe(true);
  expect(matcher.match(call('[]')).accepted).toBe(false);
});

it.each([{ isStrict: true }, { isStrict: false }])(
  'names the place in a schema that no call can satisfy: %j',
  (strict) => {
    const parameters = { properties: { city: { type: 'string', enum: [1] } }, required: ['city'] };
    const calls = { tools: [{ name: 'weather', parameters, ...strict }], isRequired: true, isParallel: true };
    const demand = { calls, format: text, isThinking: false };
    expect(() => answerGrammar({ thoughts: null, calls: hermes }, demand)).toThrow(
      expect.objectContaining({
        param: 'tools.0.function.parameters',
        message: expect.stringContaining('at /properties/city/enum cannot be used: no output can satisfy it') as string,
      }),
    );
  },
);
