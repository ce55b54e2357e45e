import { describe, expect, it } from 'vitest';
import { kimi } from '../../../../../../src/core/engine/dialects/families/json/kimi.js';
import { read } from '../../harness.js';
import { osloText, readsAndAllows, sum, sumText } from '../../syntax-examples.js';

const begin = '<|tool_calls_section_begin|>';
const end = '<|tool_calls_section_end|>';
const call = (id: string, json: string) =>
  `<|tool_call_begin|>${id}<|tool_call_argument_begin|>${json}<|tool_call_end|>`;

describe('calls of Kimi K2', () => {
  readsAndAllows({
    syntax: kimi,
    one: `${begin}${call('functions.get_weather:0', osloText)}${end}`,
    two: `${begin}${call('functions.get_weather:0', osloText)}${call('functions.add:1', sumText)}${end}`,
    none: `${begin}${call('functions.now:12', '{}')}${end}`,
    content: [
      `${begin} begins calls.`,
      `${begin}<|tool_call_begin|>functions.add:0`,
      `${begin}<|tool_call_begin|>functions.add:0<|tool_call_argument_begin|>`,
      `${begin}${call('functions.unknown:0', '{}')}${end}`,
      '<|tool_call',
    ],
    refused: [
      `${begin}${call('functions.unknown:0', '{}')}${end}`,
      `${begin}${call('add:0', sumText)}${end}`,
      `${begin}${call('functions.add:0', '{"a": 1}')}${end}`,
      `${begin}${call('functions.now:0', '{}')}${end} and more`,
    ],
  });

  it('reads identifiers that are not complete, white space, and a call without arguments', () => {
    const text = `${begin}\n${call(' add', sumText)}\n${call('functions.now:1', '')} ${end}`;
    expect(read({ thoughts: null, calls: kimi }, text).calls).toEqual([sum, { name: 'now', arguments: {} }]);
  });

  it('identifies calls as the templates do', () => {
    expect(kimi.newId?.(2, 'add')).toBe('functions.add:2');
  });
});
