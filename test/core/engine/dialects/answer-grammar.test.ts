import { describe, expect, it } from 'vitest';
import { answerGrammar } from '../../../../src/core/engine/dialects/answer-grammar.js';
import { hermes } from '../../../../src/core/engine/dialects/hermes.js';
import { qwen3Coder } from '../../../../src/core/engine/dialects/qwen3-coder.js';
import type { Tool } from '../../../../src/core/engine/output-format.js';
import { GrammarMatcher } from '../../../support/grammar/matcher.js';

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

it('takes an object as the arguments, whatever the schema of a function says', () => {
  const tool: Tool = { name: 'f', parameters: { type: 'array' }, isStrict: false };
  const calls = { tools: [tool], isRequired: true, isParallel: false };
  const compiled = answerGrammar({ thoughts: null, calls: hermes }, { calls, format: text, isThinking: false });
  const matcher = new GrammarMatcher(compiled?.rules ?? new Map());
  const call = (given: string): string => `<tool_call>{"name":"f","arguments":${given}}</tool_call>`;
  expect(matcher.match(call('{}')).accepted).toBe(true);
  expect(matcher.match(call('[]')).accepted).toBe(false);
});
