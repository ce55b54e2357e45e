import { expect, it } from 'vitest';
import { rejectedError } from '../../../../src/core/bench/target/rejected.js';

it.each([
  "This model's maximum context length is 4096 tokens. The prompt has 9000 tokens.",
  'the request exceeds the available context size. try increasing it',
  'The input is too long for this model',
])('speaks of lengths where they are the reason: %s', (message) => {
  const { hint } = rejectedError('http://gpu1:8000', { status: 400, message });
  expect(hint).toMatch(/--input-tokens.*--output-tokens/);
});

it.each([
  [400, 'ignore_eos is not supported', '--no-param'],
  [401, 'Invalid key', '--api-key'],
  [404, 'The model context-7b does not exist', '--model-name'],
  [418, 'I am a teapot', 'Is --url the base of an OpenAI-compatible server?'],
])('says what to do about status %d', (status, message, hint) => {
  expect(rejectedError('http://gpu1:8000', { status, message }).hint).toContain(hint);
});
