import { describe, expect, it, vi } from 'vitest';
import { noRates } from '../../../src/core/config/key-settings.js';
import { chat, type TestApp } from '../../support/app.js';
import { key, keyedServer, sent } from './keyed-server.js';

describe('limits over time', () => {
  it('refuse more requests per minute, and say when there is room again', async () => {
    const rates = { ...noRates, requestsPerMinute: 2 };
    const made = await keyedServer([key('anna', { rates }), key('ben')]);
    const ask = (): ReturnType<TestApp['post']> =>
      made.post('/v1/chat/completions', chat('hi', { max_tokens: 2 }), sent('anna'));
    expect((await ask()).headers).toMatchObject({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
    });
    expect((await ask()).headers).toMatchObject({ 'x-ratelimit-remaining-requests': '0' });
    const refused = await ask();
    expect(refused.statusCode).toBe(429);
    expect(refused.json<unknown>()).toMatchObject({ error: { code: 'rate_limited', type: 'rate_limit_error' } });
    expect(refused.headers).toMatchObject({ 'retry-after': '30', 'x-ratelimit-remaining-requests': '0' });
    expect((await made.post('/v1/chat/completions', chat('hi', { max_tokens: 2 }), sent('ben'))).statusCode).toBe(200);
    await made.clock.advanceAsync(30_000);
    expect((await ask()).statusCode).toBe(200);
  });

  it.each([
    ['tokensPerMinute', 'rate_limited', 60_000, undefined],
    ['tokensPerDay', 'quota_exceeded', 86_400_000, 'false'],
  ] as const)('hold the tokens of a key to its %s', async (limit, code, periodMs, shouldRetry) => {
    const made = await keyedServer([key('anna', { rates: { ...noRates, [limit]: 40 } })]);
    const ask = (): ReturnType<TestApp['post']> =>
      made.post('/v1/chat/completions', chat('hi', { max_tokens: 100 }), sent('anna'));
    expect((await ask()).statusCode).toBe(200);
    const refused = await ask();
    expect(refused.statusCode).toBe(429);
    expect(refused.json<unknown>()).toMatchObject({ error: { code } });
    // OpenAI's JavaScript client would wait for hours.
    expect(refused.headers['x-should-retry']).toBe(shouldRetry);
    await made.clock.advanceAsync(Number(refused.headers['retry-after']) * 1000);
    expect((await ask()).statusCode).toBe(200);
    expect(Number(refused.headers['retry-after']) * 1000).toBeGreaterThan(periodMs);
  });
});

describe('the headers about limits', () => {
  it('say of both what a key may have, what is left, and when all of it is there again', async () => {
    const rates = { ...noRates, requestsPerMinute: 6, tokensPerMinute: 600 };
    const made = await keyedServer([key('anna', { rates })]);
    const look = async (): Promise<Readonly<Record<string, unknown>>> => {
      const { headers } = await made.ask('/tokenize', { content: 'hi' }, sent('anna'));
      return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-ratelimit-')));
    };
    const first = {
      'x-ratelimit-limit-requests': '6',
      'x-ratelimit-remaining-requests': '5',
      'x-ratelimit-reset-requests': '10.000s',
      'x-ratelimit-limit-tokens': '600',
      'x-ratelimit-remaining-tokens': '600',
      'x-ratelimit-reset-tokens': '0.000s',
    };
    expect(await look()).toEqual(first);
    expect(await look()).toEqual({
      ...first,
      'x-ratelimit-remaining-requests': '4',
      'x-ratelimit-reset-requests': '20.000s',
    });
    await made.post('/v1/completions', { prompt: 'abc', max_tokens: 27 }, sent('anna'));
    const spent = await look();
    const remaining = Number(spent['x-ratelimit-remaining-tokens']);
    const resetSeconds = Number.parseFloat(String(spent['x-ratelimit-reset-tokens']));
    // Thirty were spent, and a little has flowed in since the end of the answer.
    expect(resetSeconds).toBeGreaterThan(2);
    expect(resetSeconds).toBeLessThanOrEqual(3);
    expect(remaining).toBe(Math.floor(600 - 10 * resetSeconds));
    await made.clock.advanceAsync(1000);
    expect(await look()).toMatchObject({
      'x-ratelimit-limit-tokens': '600',
      'x-ratelimit-remaining-tokens': String(remaining + 10),
      'x-ratelimit-reset-tokens': `${(resetSeconds - 1).toFixed(3)}s`,
    });
  });
});

describe('what is left after several choices', () => {
  it.each([
    [3, '1', '40.000s'],
    [2, '0', '60.000s'],
  ])('is what they leave of %i requests per minute', async (requestsPerMinute, remaining, reset) => {
    const made = await keyedServer([key('anna', { rates: { ...noRates, requestsPerMinute } })]);
    const { headers } = await made.post('/v1/chat/completions', chat('hi', { max_tokens: 2, n: 2 }), sent('anna'));
    expect(headers).toMatchObject({
      'x-ratelimit-remaining-requests': remaining,
      'x-ratelimit-reset-requests': reset,
    });
  });

  it('is all that was there if they are more than there may be in a minute', async () => {
    const made = await keyedServer([key('anna', { rates: { ...noRates, requestsPerMinute: 1 } })]);
    const refused = await made.post('/v1/chat/completions', chat('hi', { max_tokens: 2, n: 2 }), sent('anna'));
    expect(refused.statusCode).toBe(400);
    expect(refused.headers).toMatchObject({
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': '0.000s',
    });
  });

  it('is all that was there if they are refused', async () => {
    const made = await keyedServer([key('anna', { rates: { ...noRates, requestsPerMinute: 3 } })]);
    const ask = (n: number): ReturnType<TestApp['post']> =>
      made.post('/v1/chat/completions', chat('hi', { max_tokens: 2, n }), sent('anna'));
    await ask(2);
    const refused = await ask(2);
    expect(refused.statusCode).toBe(429);
    expect(refused.headers).toMatchObject({ 'x-ratelimit-remaining-requests': '1' });
    expect((await ask(1)).statusCode).toBe(200);
  });
});

describe('an answer with more choices than a key may send requests in a minute', () => {
  it('is refused with a 400, because waiting would not help', async () => {
    const made = await keyedServer([key('anna', { rates: { ...noRates, requestsPerMinute: 1 } })]);
    const refused = await made.post('/v1/chat/completions', chat('hi', { n: 2, max_tokens: 2 }), sent('anna'));
    expect(refused.statusCode).toBe(400);
    expect(refused.headers['retry-after']).toBeUndefined();
    expect(refused.json<unknown>()).toMatchObject({
      error: { message: expect.stringContaining('counts as 2 requests') as string },
    });
  });
});

describe('an echo of tokens', () => {
  it('is not looked up for a key that has used its limit', async () => {
    const made = await keyedServer([key('anna', { rates: { ...noRates, requestsPerMinute: 1 } })]);
    const detokenize = vi.spyOn(made.engine, 'detokenize');
    const body = { prompt: [97], echo: true, max_tokens: 1 };
    expect((await made.post('/v1/completions', body, sent('anna'))).statusCode).toBe(200);
    const refused = await made.post('/v1/completions', body, sent('anna'));
    expect(refused.statusCode).toBe(429);
    expect(refused.headers).toMatchObject({ 'retry-after': '60', 'x-ratelimit-remaining-requests': '0' });
    expect(detokenize).toHaveBeenCalledOnce();
  });

  it('counts as refused for such a key, once for each choice', async () => {
    const rates = { ...noRates, requestsPerMinute: 2 };
    const made = await keyedServer([key('anna', { rates }), key('boss', { role: 'admin' })]);
    const body = { prompt: [97], echo: true, max_tokens: 1, n: 2 };
    expect((await made.post('/v1/completions', body, sent('anna'))).statusCode).toBe(200);
    expect((await made.post('/v1/completions', body, sent('anna'))).statusCode).toBe(429);
    expect((await made.get('/v1/usage', sent('anna'))).json<unknown>()).toMatchObject({
      data: [{ key: 'anna', requests: { completed: 2, refused: 2 } }],
    });
    expect((await made.get('/metrics', sent('boss'))).body).toContain(
      'chatstream_key_requests_total{key="anna",outcome="refused"} 2\n',
    );
    expect((await made.get('/v1/queue', sent('boss'))).json<unknown>()).toMatchObject({ totals: { refused: 2 } });
    expect(made.log).toContainEqual(expect.objectContaining({ key: 'anna', outcome: 'refused' }));
  });
});

describe('counting tokens, changing conversations, and giving feedback', () => {
  const messages = { messages: [{ role: 'user', content: 'hi' }], max_tokens: 4 };

  it.each([
    ['/tokenize', { content: 'hi' }],
    ['/detokenize', { tokens: [104] }],
    ['/v1/chat/completions/input_tokens', messages],
    ['/v1/messages/count_tokens', messages],
    ['/v1/responses/input_tokens', { input: 'hi' }],
    ['/v1/conversations', {}],
    ['/v1/feedback', { response_id: 'resp_1', like: true }],
  ])('with %s is a request like others', async (url, body) => {
    const made = await keyedServer([key('anna', { rates: { ...noRates, requestsPerMinute: 1 } })]);
    const counted = await made.post(url, body, sent('anna'));
    expect(counted.statusCode).toBe(200);
    expect(counted.headers).toMatchObject({ 'x-ratelimit-remaining-requests': '0' });
    const refused = await made.post(url, body, sent('anna'));
    expect(refused.statusCode).toBe(429);
    expect(refused.headers).toMatchObject({ 'retry-after': '60', 'x-ratelimit-remaining-requests': '0' });
  });
});
