import { describe, expect, it } from 'vitest';
import { nemotron } from '../../../../../../src/core/engine/dialects/families/json/nemotron.js';
import { read } from '../../harness.js';
import { osloText, readsAndAllows, sum, sumText } from '../../syntax-examples.js';

describe('calls of Nemotron', () => {
  const first = `{"name": "get_weather", "arguments": ${osloText}}`;
  const second = `{"name": "add", "arguments": ${sumText}}`;
  readsAndAllows({
    syntax: nemotron,
    one: `<TOOLCALL>[${first}]</TOOLCALL>`,
    two: `<TOOLCALL>[${first}, ${second}]</TOOLCALL>`,
    none: '<TOOLCALL>[{"name": "now", "arguments": {}}]</TOOLCALL>',
    content: [
      '<TOOLCALL> begins calls.',
      '<TOOLCALL>[]</TOOLCALL>',
      '<TOOLCALL>[{"name": "unknown", "arguments": {}}]</TOOLCALL>',
    ],
    refused: [
      '<TOOLCALL>[]</TOOLCALL>',
      '<TOOLCALL>[{"name": "unknown", "arguments": {}}]</TOOLCALL>',
      '<TOOLCALL>[{"name": "add", "arguments": {"a": 1}}]</TOOLCALL>',
      `<TOOLCALL>[${first}]`,
      `<TOOLCALL>[${first}]</TOOLCALL> and more`,
    ],
  });

  it('reads arguments that are a string', () => {
    const text = '<TOOLCALL>[{"name": "add", "arguments": "{\\"a\\": 1, \\"b\\": -2.5}"}]</TOOLCALL>';
    expect(read({ thoughts: null, calls: nemotron }, text).calls).toEqual([sum]);
  });
});
