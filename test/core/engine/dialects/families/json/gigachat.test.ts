import { describe } from 'vitest';
import { gigachat } from '../../../../../../src/core/engine/dialects/families/json/gigachat.js';
import { osloText, readsAndAllows, sumText } from '../../syntax-examples.js';

const first = `{"name": "get_weather", "arguments": ${osloText}}`;
const second = `{"name": "add", "arguments": ${sumText}}`;

describe.each(['function call<|role_sep|>\n', '<|function_call|>'])('calls of GigaChat after %j', (mark) => {
  readsAndAllows({
    syntax: gigachat,
    one: `${mark}${first}`,
    two: `${mark}${first}\n\n${mark}${second}`,
    none: `${mark}{"name": "now", "arguments": {}}`,
    content: [
      'A function call is a call of a function.',
      mark.trim(),
      `${mark}begins calls.`,
      `${mark}{"name": "unknown", "arguments": {}}`,
    ],
    refused: [
      `${mark}{"name": "unknown", "arguments": {}}`,
      `${mark}{"name": "add", "arguments": {"a": 1}}`,
      `${mark}${first} and more`,
    ],
    isSingle: true,
  });
});
