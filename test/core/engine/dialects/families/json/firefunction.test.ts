import { describe } from 'vitest';
import { firefunction } from '../../../../../../src/core/engine/dialects/families/json/firefunction.js';
import { osloText, readsAndAllows, sumText } from '../../syntax-examples.js';

describe('calls of Firefunction and Phi-4 mini', () => {
  const first = `{"name": "get_weather", "arguments": ${osloText}}`;
  const second = `{"name": "add", "arguments": ${sumText}}`;
  readsAndAllows({
    syntax: firefunction,
    one: ` functools[${first}]`,
    two: `functools[${first}, ${second}]`,
    none: ' functools[{"name": "now", "arguments": {}}]',
    content: [
      'import functools',
      ' functools[0]',
      ' functools[',
      'functools[{"name": "unknown", "arguments": {}}]',
      'functools.reduce([{"name": "now"}])',
    ],
    refused: [
      'functools[0]',
      'functools[{"name": "unknown", "arguments": {}}]',
      'functools[{"name": "add", "arguments": {"a": 1}}]',
      `functools[${first}] and more`,
    ],
  });
});
