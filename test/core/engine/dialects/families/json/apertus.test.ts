import { describe, expect, it } from 'vitest';
import { apertus } from '../../../../../../src/core/engine/dialects/families/json/apertus.js';
import { read } from '../../harness.js';
import { osloText, readsAndAllows, sumText } from '../../syntax-examples.js';

describe('calls of Apertus', () => {
  const first = `{"get_weather": ${osloText}}`;
  readsAndAllows({
    syntax: apertus,
    one: `<|tools_prefix|>[${first}]<|tools_suffix|>`,
    two: `<|tools_prefix|>[${first}, {"add": ${sumText}}]<|tools_suffix|>`,
    none: '<|tools_prefix|>[{"now": {}}]<|tools_suffix|>',
    content: [
      '<|tools_prefix|> begins calls.',
      '<|tools_prefix|>[{"add"',
      '<|tools_prefix|>[{"unknown": {}}]<|tools_suffix|>',
      '<|tools_prefix|>[]<|tools_suffix|>',
    ],
    refused: [
      '<|tools_prefix|>[{"unknown": {}}]<|tools_suffix|>',
      '<|tools_prefix|>[{"add": {"a": 1}}]<|tools_suffix|>',
      `<|tools_prefix|>[{"now": {}, "add": ${sumText}}]<|tools_suffix|>`,
      `<|tools_prefix|>[${first}]<|tools_suffix|> and more`,
    ],
  });

  it('keeps what it has of a call that was cut off', () => {
    expect(read({ thoughts: null, calls: apertus }, '<|tools_prefix|>[{"add": {"a": 1').calls).toEqual([
      { name: 'add', arguments: '{"a": 1' },
    ]);
  });
});
