import { describe, expect, it } from 'vitest';
import { granite } from '../../../../../../src/core/engine/dialects/families/json/granite.js';
import { accepts, read } from '../../harness.js';
import { osloText, readsAndAllows, sum, sumText } from '../../syntax-examples.js';

describe('calls of Granite 3', () => {
  const first = `{"name": "get_weather", "arguments": ${osloText}}`;
  const second = `{"name": "add", "arguments": ${sumText}}`;
  readsAndAllows({
    syntax: granite,
    one: `<|tool_call|>[${first}]`,
    two: `<|tool_call|>[${first}, ${second}]`,
    none: '<|tool_call|>[{"name": "now", "arguments": {}}]',
    content: [
      '<|tool_call|> begins calls.',
      '<|tool_call|>[',
      '<|tool_call',
      '<|tool_call|>[{"name": "unknown", "arguments": {}}]',
    ],
    refused: [
      '<|tool_call|>[{"name": "unknown", "arguments": {}}]',
      '<|tool_call|>[{"name": "add", "arguments": {"a": 1}}]',
      `<|tool_call|>[${first}] and more`,
      `<|tool_call|>${first}`,
    ],
  });

  it('reads and allows the mark of other versions', () => {
    const text = `<tool_call>[${second}]`;
    expect(read({ thoughts: null, calls: granite }, text).calls).toEqual([sum]);
    expect(accepts(granite, text)).toBe(true);
  });
});
