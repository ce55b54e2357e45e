import { describe, expect, it } from 'vitest';
import { solar } from '../../../../../../src/core/engine/dialects/families/json/solar.js';
import { osloText, readsAndAllows, sumText } from '../../syntax-examples.js';

const call = (id: string, name: string, json: string) =>
  `<|tool_call:begin|>${id}<|tool_call:name|>${name}<|tool_call:args|>${json}<|tool_call:end|>`;

describe('calls of Solar Open', () => {
  readsAndAllows({
    syntax: solar,
    one: `<|tool_calls|>${call('a1b2c3d4e5', 'get_weather', osloText)}<|calls|>`,
    two: `${call('a1b2c3d4e5', 'get_weather', osloText)}${call('0000000000', 'add', sumText)}`,
    none: `<|tool_calls|>${call('a1b2c3d4e5', 'now', '{}')}<|calls|>`,
    content: [
      '<|tool_calls|> begins calls.',
      '<|tool_calls|><|tool_call:begin|>a1b2c3d4e5<|tool_call:name|>add',
      call('a1b2c3d4e5', 'unknown', '{}'),
      '<|tool_call',
    ],
    refused: [
      call('a1b2c3d4e5', 'unknown', '{}'),
      call('a1b2c3d4e5', 'add', '{"a": 1}'),
      call('1', 'now', '{}'),
      `${call('a1b2c3d4e5', 'now', '{}')} and more`,
    ],
  });

  it('makes identifiers as the template asks for', () => {
    expect(solar.newId?.(0, 'add')).toMatch(/^[a-z0-9]{10}$/);
  });
});
