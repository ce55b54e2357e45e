import { expect, it } from 'vitest';
import { upstreamFailedError } from '../../../../src/core/base/refusals/upstream-refusals.js';

it.each([
  [0, 'It had sent nothing of the answer.'],
  [1, 'About 1 token of the answer was sent before; it is not complete.'],
  [2, 'About 2 tokens of the answer were sent before; it is not complete.'],
])('says that %d tokens of an answer were sent', (tokens, said) => {
  expect(upstreamFailedError(tokens).message).toBe(`The server that generates the answer failed. ${said}`);
});
