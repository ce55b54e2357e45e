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
      promptTokens: 3,
      outputTokens: 9,
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
