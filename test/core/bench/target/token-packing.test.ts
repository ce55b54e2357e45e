import { describe, expect, it } from 'vitest';
import { measurePacking } from '../../../../src/core/bench/target/token-packing.js';
import { clientOf, done, serve, stop, token } from '../client/client-setup.js';

const body = { model: 'm', ignoreEos: false, omitted: [], extraBody: null };

/** Whether several tokens are found in the chunks of an answer. */
async function packs(...events: readonly string[]): Promise<boolean> {
  const server = await serve((exchange) => exchange.stream(...events, stop, done));
  return await measurePacking(clientOf(server.url), body);
}

function usage(tokens: number, reasoning = 0): string {
  const details = { reasoning_tokens: reasoning };
  return `data: ${JSON.stringify({ choices: [], usage: { completion_tokens: tokens, completion_tokens_details: details } })}\n\n`;
}

describe('several tokens in a chunk', () => {
  it('are found in a short answer', async () => {
    expect(await packs(token, token, token, usage(5))).toBe(true);
  });

  it.each([
    ['as many tokens as chunks', [token, token, token, usage(3)]],
    ['one more token, which has no text', [token, token, token, usage(4)]],
    ['reasoning that is not streamed', [token, token, usage(32, 30)]],
    ['no usage', [token]],
    ['no answer', []],
  ])('are not found with %s', async (_name, events) => {
    expect(await packs(...events)).toBe(false);
  });
});
