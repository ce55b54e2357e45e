import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { houseBefore, masked, modelResumingRequests } from '../support/resuming.js';
import { startServer } from '../support/server-process.js';

/** A prompt and an answer that are read at once give slightly different numbers than one token after the other. */
function withoutNumbers(stream: string): string {
  return stream
    .replaceAll(/"logprob":-?[\d.e-]+/g, '"logprob":0')
    .replaceAll(/"(token_logprobs|top_logprobs)":\[[^\]]*\]/g, '"$1":[]')
    .replaceAll(/"(cached_tokens|cache_read_input_tokens|input_tokens)":\d+/g, '"$1":0');
}

describe('an answer of a model', () => {
  let house: Awaited<ReturnType<typeof houseBefore>>;
  beforeAll(async () => {
    const servers = await Promise.all([startServer([]), startServer([])]);
    house = await houseBefore(servers.map(({ url }) => url));
  });
  afterAll(async () => {
    await house.close();
  });

  it.each(modelResumingRequests)('goes on at another server with the same model: $what', async (request) => {
    const expected = masked(await house.whole(request));
    expect(expected).toMatch(request.end);
    const { length } = await house.recorded(request);
    for (let eighth = 1; eighth <= 8; eighth += 1) {
      house.plan.next.push((length * eighth) / 8 - 1);
      const answer = await house.relayed(request);
      expect(house.plan.next).toEqual([]);
      expect(withoutNumbers(masked(answer))).toBe(withoutNumbers(expected));
      request.check(answer);
    }
  });
});
