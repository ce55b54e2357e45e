import { describe, expect, it } from 'vitest';
import { MeasuredStream } from '../../../../src/core/bench/client/measured-stream.js';

const token = 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}\n\n';
const role = 'data: {"choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n';
const stop = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n';
const usage = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":9}}\n\n';
const done = 'data: [DONE]\n\n';

/** @param pieces what arrives, and when in microseconds */
function answerOf(...pieces: readonly (readonly [us: number, text: string])[]): MeasuredStream {
  const answer = new MeasuredStream();
  for (const [us, text] of pieces) answer.feed(Buffer.from(text), us);
  return answer;
}

function outcomeOf(...texts: readonly string[]): object {
  return answerOf(...texts.map((text, index) => [1000 * index, text] as const)).outcome();
}

describe('the times of an answer', () => {
  it('begin with the first text, not with the role', () => {
    const answer = answerOf(
      [1000, role],
      [2000, token],
      [2500, token],
      [4000, token],
      [4100, stop],
      [5000, usage + done],
    );
    expect(answer.outcome()).toEqual({
      status: 'completed',
      firstTokenUs: 2000,
      lastTokenUs: 4000,
      tokenChunks: 3,
      gapsUs: [500, 1500],
      tokenCounts: null,
      promptTokens: 3,
      outputTokens: 9,
      cachedTokens: null,
      unseenReasoning: 0,
      serverTimings: null,
    });
  });

  it('are those of the piece that ends the chunk', () => {
    const half = token.length / 2;
    const answer = answerOf([1000, token.slice(0, half)], [2000, token.slice(half)], [3000, stop]);
    expect(answer.outcome()).toMatchObject({ firstTokenUs: 2000, lastTokenUs: 2000, tokenChunks: 1, gapsUs: [] });
  });

  it('are equal for chunks that arrived together', () => {
    const answer = answerOf([1000, token + token + token], [3000, token + stop]);
    expect(answer.outcome()).toMatchObject({ tokenChunks: 4, gapsUs: [0, 0, 2000] });
  });

  it('count a last chunk that has both text and a finish reason', () => {
    const last = 'data: {"choices":[{"delta":{"content":"."},"finish_reason":"stop"}]}\n\n';
    expect(answerOf([1000, token], [2000, last + done]).outcome()).toMatchObject({ lastTokenUs: 2000, tokenChunks: 2 });
  });
});

describe('the tokens of an answer', () => {
  const usageOf = (usage: object): string => `data: ${JSON.stringify({ choices: [], usage })}\n\n`;
  const counted = (text: string, tokens: number): string =>
    `data: {"choices":[{"delta":{"content":"${text}"}}],"usage":{"prompt_tokens":3,"completion_tokens":${tokens}}}\n\n`;
  const reasoning = 'data: {"choices":[{"delta":{"reasoning_content":"Hm"},"finish_reason":null}]}\n\n';

  it('are counted chunk by chunk if the server sends its usage with each', () => {
    const outcome = outcomeOf(role, counted('a', 3), counted('b', 4), counted('c', 9), stop, usage, done);
    expect(outcome).toMatchObject({ tokenChunks: 3, tokenCounts: [3, 4, 9], outputTokens: 9 });
  });

  it('are not if a chunk comes without, or the count does not grow', () => {
    expect(outcomeOf(counted('a', 3), token, counted('c', 9), done)).toMatchObject({ tokenCounts: null });
    expect(outcomeOf(counted('a', 0), counted('b', 0), done)).toMatchObject({ tokenCounts: null });
  });

  it('may have been in the cache, by the usage or by the timings of llama-server', () => {
    const timings = 'data: {"choices":[],"timings":{"cache_n":5,"prompt_n":3,"prompt_ms":4}}\n\n';
    const details = usageOf({ prompt_tokens: 8, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 6 } });
    expect(outcomeOf(token, stop, timings)).toMatchObject({ cachedTokens: { tokens: 5, source: 'timings' } });
    expect(outcomeOf(token, stop, timings, details)).toMatchObject({ cachedTokens: { tokens: 6, source: 'usage' } });
  });

  it('may be reasoning that was not streamed', () => {
    const details = usageOf({ completion_tokens: 50, completion_tokens_details: { reasoning_tokens: 40 } });
    expect(outcomeOf(token, stop, details)).toMatchObject({ outputTokens: 50, unseenReasoning: 40 });
    expect(outcomeOf(reasoning, reasoning, token, stop, details)).toMatchObject({ unseenReasoning: 0 });
  });

  it('are named if none of them has text', () => {
    const details = usageOf({ completion_tokens: 64, completion_tokens_details: { reasoning_tokens: 64 } });
    expect(outcomeOf(role, stop, details, done)).toMatchObject({
      code: 'no_tokens',
      message: expect.stringMatching(/64 output tokens, 64 of them reasoning/) as string,
    });
  });
});

describe('an answer is complete', () => {
  it('with the mark at its end, a finish reason or both', () => {
    expect(outcomeOf(token, stop, done)).toMatchObject({ status: 'completed', tokenChunks: 1, outputTokens: null });
    expect(outcomeOf(token, stop)).toMatchObject({ status: 'completed' });
    expect(outcomeOf(token, done)).toMatchObject({ status: 'completed' });
  });

  it('not without any of them', () => {
    expect(outcomeOf(token, token)).toMatchObject({ status: 'failed', code: 'incomplete_stream' });
    expect(outcomeOf('')).toMatchObject({ status: 'failed', code: 'incomplete_stream' });
  });

  it('not without a token', () => {
    expect(outcomeOf(role, stop, done)).toMatchObject({ status: 'failed', code: 'no_tokens' });
  });

  it('not in a form that is not known, which is named', () => {
    const event = 'data: {"type":"content_block_delta","delta":{"text":"Hi"}}\n\n';
    expect(outcomeOf(event, event)).toMatchObject({
      status: 'failed',
      code: 'unknown_format',
      message: expect.stringContaining('{"type":"content_block_delta","delta":{"text":"Hi"}}') as string,
    });
  });

  it.each(['error', 'abort', 'cancelled', 'timeout', 'insufficient_system_resource', 'ERROR'])(
    'not with the finish reason %s',
    (reason) => {
      const end = `data: {"choices":[{"delta":{},"finish_reason":"${reason}"}]}\n\n`;
      expect(answerOf([1000, token], [2000, end]).isDecided).toBe(true);
      expect(outcomeOf(token, end, usage, done)).toMatchObject({
        status: 'failed',
        code: `finish_reason_${reason.toLowerCase()}`,
        message: expect.stringContaining(reason) as string,
      });
    },
  );

  it.each([
    'stop',
    'length',
    'tool_calls',
    'function_call',
    'content_filter',
    'eos_token',
    'stop_sequence',
    'eos',
    'repetition',
  ])('with the finish reason %s', (reason) => {
    const end = `data: {"choices":[{"delta":{},"finish_reason":"${reason}"}]}\n\n`;
    expect(outcomeOf(token, end)).toMatchObject({ status: 'completed' });
  });

  it('not with an event that is not JSON', () => {
    const answer = answerOf([1000, token], [2000, 'data: {"choices":[\n\n']);
    expect(answer.isHopeless).toBe(true);
    expect(answer.outcome()).toMatchObject({ status: 'failed', code: 'malformed_chunk' });
  });
});

describe('an error event', () => {
  const error = (fields: object): string => `data: ${JSON.stringify({ error: { message: 'No.', ...fields } })}\n\n`;

  it('fails the request by its code', () => {
    const outcome = outcomeOf(token, error({ code: 'engine_failed', type: 'server_error' }), done);
    expect(outcome).toEqual({ status: 'failed', code: 'engine_failed', message: 'No.' });
  });

  it.each([
    [{ code: null, type: 'BadRequestError' }, 'BadRequestError'],
    [{ code: 500, type: 'InternalServerError' }, 'http_500'],
    [{}, 'stream_error'],
  ])('%j has the code %s', (fields, code) => {
    expect(outcomeOf(error(fields))).toEqual({ status: 'failed', code, message: 'No.' });
  });

  it.each([
    { code: 'queue_timeout', type: 'service_unavailable_error' },
    { code: 'rate_limited', type: 'rate_limit_error' },
    { code: 429 },
  ])('%j is a refusal as long as there was no token', (fields) => {
    expect(outcomeOf(': queued position=3\n\n', error(fields), done)).toMatchObject({ status: 'refused' });
    expect(outcomeOf(token, error(fields), done)).toMatchObject({ status: 'failed' });
  });
});
