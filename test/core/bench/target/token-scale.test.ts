import { expect, it } from 'vitest';
import type { RequestOutcome } from '../../../../src/core/bench/client/outcome.js';
import type { StreamingClient } from '../../../../src/core/bench/client/streaming-client.js';
import { measureTokenScale } from '../../../../src/core/bench/target/token-scale.js';
import { assumedScale } from '../../../../src/core/bench/workload/words.js';

const body = { model: 'm', ignoreEos: false, omitted: [], extraBody: null };
const times = { intendedUs: 0, sendUs: 0, endUs: 1, reconnects: 0 };

/** Answers as a server whose tokenizer makes a given number of tokens of a number of words. */
function clientOf(promptTokens: (words: number) => number | null): StreamingClient {
  const answer = (text: string): RequestOutcome => ({
    ...times,
    status: 'completed',
    firstTokenUs: 1,
    lastTokenUs: 1,
    tokenChunks: 1,
    gapsUs: [],
    promptTokens: promptTokens((/"content":"([^"]*)"/.exec(text)?.[1] ?? '').split(' ').length),
    outputTokens: 1,
    serverTimings: null,
  });
  return {
    connect: () => Promise.resolve(),
    send: (text) => Promise.resolve(answer(text)),
    abort: () => undefined,
    close: () => Promise.resolve(),
  };
}

it('finds the tokens per word and those around them', async () => {
  const scale = await measureTokenScale(
    clientOf((words) => 12 + 1.25 * words),
    body,
  );
  expect(scale.perWord).toBeCloseTo(1.25);
  expect(scale.overhead).toBeCloseTo(12);
});

it.each<[string, (words: number) => number | null]>([
  ['does not say how long prompts were', () => null],
  ['says the same of every prompt', () => 5],
  ['says it of some prompts only', (words) => (words < 50 ? 20 : null)],
])('assumes what is usual if the server %s', async (_name, promptTokens) => {
  expect(await measureTokenScale(clientOf(promptTokens), body)).toEqual(assumedScale);
});

it('assumes what is usual if requests fail', async () => {
  const failed: RequestOutcome = { ...times, status: 'failed', code: 'http_500', message: 'no' };
  const client: StreamingClient = { ...clientOf(() => 1), send: () => Promise.resolve(failed) };
  expect(await measureTokenScale(client, body)).toEqual(assumedScale);
});
