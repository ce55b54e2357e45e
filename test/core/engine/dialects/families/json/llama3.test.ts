import { describe, expect, it } from 'vitest';
import type { CallSyntax } from '../../../../../../src/core/engine/dialects/dialect.js';
import { llama3 } from '../../../../../../src/core/engine/dialects/families/json/llama3.js';
import { xlam } from '../../../../../../src/core/engine/dialects/families/json/xlam.js';
import { AnswerReader } from '../../../../../../src/core/engine/dialects/reading/answer-reader.js';
import { answerGrammar } from '../../../../../../src/core/engine/dialects/rules/answer-grammar.js';
import { accepts, answerOf, read, tools } from '../../harness.js';
import { oslo, osloText, readsAndAllows, sum, sumText } from '../../syntax-examples.js';

/** What is read of an answer that would have gone on. */
function readCut(calls: CallSyntax, text: string, isRequired = false): unknown {
  const reader = new AnswerReader({ thoughts: null, calls }, { tools, isThinking: false, isRequired });
  const { content, calls: made } = answerOf([...reader.push(text), ...reader.end('', true)]);
  return [content, made];
}

describe('an answer without marks that was cut', () => {
  it.each([
    '{',
    '{"na',
    '{"name": "Alice in w',
    '{"name": "Alice", "par',
    '{"name": "added',
    '{"type": "func',
    '  {"name": "Alice in w',
  ])('is content if it does not name a function: %j', (text) => {
    expect(readCut(llama3, text)).toEqual([text, []]);
    expect(readCut(xlam, `[${text.trimStart()}`)).toEqual([`[${text.trimStart()}`, []]);
  });

  it.each(['{"name": "', '{"name": "get_w', '{ "name" : "add"', '{"type": "function", "name": "add", "par'])(
    'is not if it does: %j',
    (text) => {
      expect(readCut(llama3, text)).toEqual(['', []]);
      expect(readCut(xlam, `[${text}`)).toEqual(['', []]);
    },
  );

  it('is not after a mark, after a call, or where calls are required', () => {
    expect(readCut(llama3, 'So. <|python_tag|>{"na')).toEqual(['So.', []]);
    expect(readCut(xlam, `[{"name": "add", "arguments": ${sumText}}, {"na`)).toEqual(['', [sum]]);
    expect(readCut(llama3, '{"na', true)).toEqual(['', []]);
  });
});

describe('calls of Llama 3', () => {
  const dialect = { thoughts: null, calls: llama3 };
  const first = `{"name": "get_weather", "parameters": ${osloText}}`;
  const second = `{"name": "add", "parameters": ${sumText}}`;

  readsAndAllows({
    syntax: llama3,
    one: first,
    two: `${first}; ${second}`,
    none: '{"name": "now", "parameters": {}}',
    content: [
      '{"city": "Oslo", "name": "add"}',
      '  {"name": "Alice", "parameters": {}}',
      '{"name": "add", "result": 3}',
      '{"name": "add", ',
      '{"name": "ad',
      '{"type": "object", "name": "add", "parameters": {}}',
      '[1, 2]',
      '[',
      '{',
      ' {} ',
      `Like this: ${first}`,
      '<|python_tag|>print(1)',
    ],
    refused: [
      '{"name": "add", "parameters": {"a": 1}}',
      '{"type":"function","name":"add","parameters":{"a": 1}}',
      '{"name": "add", "result": 3}',
      `${first} and more`,
      '<|python_tag|>print(1)',
    ],
    onlyAtStart: true,
  });

  it.each([
    `{"type": "function", "name": "add", "parameters": ${sumText}}`,
    `{"name":"add","parameters":${sumText}}`,
    `\n{"name": "add", "parameters": ${sumText}}`,
    `<|python_tag|>${second}`,
    `Let me see. <|python_tag|>${second}`,
  ])('reads and allows %j', (text) => {
    expect(read(dialect, text).calls).toEqual([sum]);
    expect(accepts(llama3, text)).toBe(true);
  });

  it.each([
    `{"name": "add", "arguments": ${sumText}, "type": "function"}`,
    `{\n  "name": "add",\n  "parameters": ${sumText}\n}`,
    '{"name": "add", "parameters": "{\\"a\\": 1, \\"b\\": -2.5}"}',
  ])('reads %j', (text) => {
    expect(read(dialect, text).calls).toEqual([sum]);
  });

  it.each(['; ', ';', '\n', ', ', ''])('reads calls with %j between them', (separator) => {
    expect(read(dialect, first + separator + second).calls).toEqual([oslo, sum]);
    if (separator !== '') expect(accepts(llama3, first + separator + second)).toBe(true);
  });

  it('leaves what follows calls as it is', () => {
    expect(read(dialect, `${first}\n\nThat {"name": "add"} was it.`)).toEqual({
      content: 'That {"name": "add"} was it.',
      reasoning: '',
      calls: [oslo],
    });
  });

  it('allows other JSON', () => {
    const texts = ['{"name": "Alice", "parameters": {}}', '{"name": "addition"}', '{"names": []}', '[{"name": "add"}]'];
    expect(texts.filter((text) => !accepts(llama3, text))).toEqual([]);
  });

  it('has a grammar for as many functions as OpenAI allows', () => {
    const tools = Array.from({ length: 128 }, (_, index) => ({
      name: `${String.fromCharCode(97 + (index % 26))}_function_with_a_long_name_${index}`,
      isStrict: true,
    }));
    const demand = { calls: { tools, isRequired: false, isParallel: true }, format: { type: 'text' } as const };
    const grammar = answerGrammar(dialect, { ...demand, isThinking: false });
    expect(grammar?.rules.size).toBeLessThan(6000);
  });
});

describe('calls of xLAM', () => {
  const first = `{"name": "get_weather", "arguments": ${osloText}}`;
  const second = `{"name": "add", "arguments": ${sumText}}`;
  readsAndAllows({
    syntax: xlam,
    one: `[${first}]`,
    two: `[${first}, ${second}]`,
    none: '[{"name": "now", "arguments": {}}]',
    content: ['[1, 2]', '[{"name": "Alice", "arguments": {}}]', '[{"name": "add"', `See [${first}]`],
    refused: ['[{"name": "add", "arguments": {}}]', `[${first}] and more`, `[${first}`],
    onlyAtStart: true,
  });
});
