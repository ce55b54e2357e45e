import { describe, expect, it } from 'vitest';
import { mistral, mistralList } from '../../../../../../src/core/engine/dialects/families/json/mistral.js';
import { accepts, read } from '../../harness.js';
import { oslo, osloText, readsAndAllows, sum, sumText } from '../../syntax-examples.js';

describe('calls of Mistral as a list', () => {
  const first = `{"name": "get_weather", "arguments": ${osloText}, "id": "a1b2c3d4e"}`;
  const second = `{"name": "add", "arguments": ${sumText}, "id": "000000000"}`;
  readsAndAllows({
    syntax: mistralList,
    one: `[TOOL_CALLS][${first}]`,
    two: `[TOOL_CALLS][${first}, ${second}]`,
    none: '[TOOL_CALLS][{"name": "now", "arguments": {}}]',
    content: [
      '[TOOL_CALLS] begins calls.',
      'a [TOOL_CALLS]',
      '[TOOL_CAL',
      '[[TOOL_CALLS][{"a": 1}]',
      '[TOOL_CALLS][{"name": "unknown", "arguments": {}}]',
    ],
    refused: [
      '[TOOL_CALLS] begins calls.',
      '[TOOL_CALLS][]',
      '[TOOL_CALLS][{"name": "unknown", "arguments": {}}]',
      '[TOOL_CALLS][{"name": "add", "arguments": {"a": 1}}]',
      '[TOOL_CALLS][{"name": "now", "arguments": {}, "id": "1"}]',
      '[TOOL_CALLS][{"name": "now", "arguments": {}}] and more',
    ],
  });

  it('reads calls with a space before the list, and keeps those before an unknown one', () => {
    const dialect = { thoughts: null, calls: mistralList };
    const unknown = '{"name": "unknown", "arguments": {}}]';
    expect(read(dialect, `[TOOL_CALLS] [${first}, ${unknown}`)).toEqual({
      content: unknown,
      reasoning: '',
      calls: [oslo],
    });
  });

  it('makes identifiers that the templates accept', () => {
    expect(mistralList.newId?.(0, 'add')).toMatch(/^[a-zA-Z0-9]{9}$/);
  });
});

describe('calls of Mistral by name', () => {
  const first = `[TOOL_CALLS]get_weather[ARGS]${osloText}`;
  const second = `[TOOL_CALLS]add[ARGS]${sumText}`;
  readsAndAllows({
    syntax: mistral,
    one: first,
    two: first + second,
    none: '[TOOL_CALLS]now[ARGS]{}',
    content: [
      '[TOOL_CALLS] begins calls.',
      'a [TOOL_CALLS]',
      '[TOOL_CALLS]add is a function',
      '[TOOL_CALLS]add[ARGS]',
      '[TOOL_CALLS]add[ARG',
      '[TOOL_CALLS]unknown[ARGS]{}',
      '[TOOL_CALLS]address[ARGS]{}',
    ],
    refused: [
      '[TOOL_CALLS]unknown[ARGS]{}',
      '[TOOL_CALLS]add[ARGS]{"a": 1}',
      `${first} and more`,
      `[TOOL_CALLS]add[CALL_ID]1[ARGS]${sumText}`,
    ],
  });

  it('reads identifiers', () => {
    const text = `[TOOL_CALLS]add[CALL_ID]a1b2c3d4e[ARGS]${sumText}`;
    expect(read({ thoughts: null, calls: mistral }, text).calls).toEqual([sum]);
    expect(accepts(mistral, text)).toBe(true);
  });

  it('keeps what it has of a call that was cut off', () => {
    expect(read({ thoughts: null, calls: mistral }, '[TOOL_CALLS]add[ARGS]{"a": ').calls).toEqual([
      { name: 'add', arguments: '{"a": ' },
    ]);
  });
});
