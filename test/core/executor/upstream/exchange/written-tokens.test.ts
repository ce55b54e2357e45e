import { expect, it } from 'vitest';
import { writtenTokens } from '../../../../../src/core/executor/upstream/exchange/written-tokens.js';

const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":"12"}' } };

it.each<[string, unknown, number]>([
  ['a chat', { choices: [{ message: { role: 'assistant', content: 'Hello, world' }, finish_reason: 'stop' }] }, 3],
  ['a chat of two choices', { choices: [{ message: { content: '1234' } }, { message: { content: '12345' } }] }, 3],
  ['a chat with thoughts', { choices: [{ message: { content: '1234', reasoning_content: '12345678' } }] }, 3],
  ['a chat with a call', { choices: [{ message: { content: null, tool_calls: [call] } }] }, 3],
  ['probabilities', { choices: [{ text: '1234', logprobs: { content: [{ token: 'a', text: 'b' }] } }] }, 1],
  [
    'a message',
    {
      content: [
        { type: 'thinking', thinking: '1234' },
        { type: 'text', text: '12345678' },
      ],
    },
    3,
  ],
  ['a message with a call', { content: [{ type: 'tool_use', name: 'f', input: { a: '12' } }] }, 3],
  ['a response', { output: [{ type: 'message', content: [{ type: 'output_text', text: '1234' }] }] }, 1],
  ['vectors', { data: [{ object: 'embedding', embedding: [0.5, 0.5], text: 'no text of a model' }] }, 0],
  ['something else', 'choices', 0],
])('counts the text of %s', (_what, answer, tokens) => {
  expect(writtenTokens(answer)).toBe(tokens);
});

it('reads lists of any depth', () => {
  let deep: unknown = { text: '1234' };
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  expect(writtenTokens({ output: [deep] })).toBe(1);
});
