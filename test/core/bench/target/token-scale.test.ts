import { expect, it } from 'vitest';
import { seededRandom } from '../../../../src/core/base/random.js';
import type { RequestOutcome } from '../../../../src/core/bench/client/outcome.js';
import type { StreamingClient } from '../../../../src/core/bench/client/streaming-client.js';
import { measureTokenScale } from '../../../../src/core/bench/target/token-scale.js';
import { assumedScale, drawWords, wordsFor } from '../../../../src/core/bench/workload/words.js';

const body = { model: 'm', ignoreEos: false, omitted: [], extraBody: null };
const url = 'http://llm.example.org';
const times = { intendedUs: 0, sendUs: 0, endUs: 1, reconnects: 0 };

/** Answers as a server whose tokenizer makes a given number of tokens of a number of words. */
function clientOf(tokensOfWords: (words: number) => number | null): StreamingClient {
  return clientOfTexts((content) => tokensOfWords(content.split(' ').length));
}

/** Answers as a server whose tokenizer makes a given number of tokens of a text. */
function clientOfTexts(promptTokens: (content: string) => number | null): StreamingClient {
  const answer = (text: string): RequestOutcome => ({
    ...times,
    status: 'completed',
    firstTokenUs: 1,
    lastTokenUs: 1,
    tokenChunks: 1,
    gapsUs: [],
    tokenCounts: null,
    cachedTokens: null,
    unseenReasoning: 0,
    promptTokens: promptTokens(/"content":"([^"]*)"/.exec(text)?.[1] ?? ''),
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
  const { scale, problem } = await measureTokenScale(
    clientOf((words) => 12 + 1.25 * words),
    body,
    url,
  );
  expect(problem).toBeNull();
  expect(scale.perWord).toBeCloseTo(1.25);
  expect(scale.overhead).toBeCloseTo(12);
});

it('is right for tokenizers that make several tokens of a word, depending on its length', async () => {
  const tokens = (content: string): number => 12 + content.length;
  const { scale } = await measureTokenScale(clientOfTexts(tokens), body, url);
  for (const planned of [64, 1000]) {
    const count = wordsFor(planned, scale);
    const prompts = Array.from({ length: 500 }, (_, seed) => drawWords(count, seededRandom(seed)));
    const mean = prompts.reduce((sum, prompt) => sum + tokens(prompt), 0) / prompts.length;
    expect(Math.abs(mean / planned - 1)).toBeLessThan(0.05);
  }
});

it.each<[string, (words: number) => number | null]>([
  ['does not say how long prompts were', () => null],
  ['says the same of every prompt', () => 5],
  ['says it of some prompts only', (words) => (words < 50 ? 20 : null)],
])('assumes what is usual if the server %s', async (_name, promptTokens) => {
  expect(await measureTokenScale(clientOf(promptTokens), body, url)).toEqual({ scale: assumedScale, problem: null });
});

const failing = (code: string, message: string, httpStatus: number): StreamingClient => {
  const outcome: RequestOutcome = { ...times, status: 'failed', code, message, httpStatus };
  return { ...clientOf(() => 1), send: () => Promise.resolve(outcome) };
};

it('assumes what is usual if requests fail, and says why they did', async () => {
  expect(await measureTokenScale(failing('http_500', 'It broke.', 500), body, url)).toEqual({
    scale: assumedScale,
    problem: 'It broke.',
  });
});

it.each([
  [400, '--no-param'],
  [401, '--api-key'],
  [403, '--api-key'],
  [404, '--model-name'],
  [405, '--url'],
  [415, '--url'],
  [422, '--no-param'],
])('throws the words of a server that rejects them with %d, and names %s', async (status, flag) => {
  await expect(measureTokenScale(failing('nope', 'Not like this', status), body, url)).rejects.toMatchObject({
    code: 'target_unreachable',
    message: `http://llm.example.org rejects the requests of the bench (HTTP ${status}): Not like this.`,
    hint: expect.stringContaining(flag) as string,
  });
});
