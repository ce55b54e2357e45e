import { describe, expect, it, vi } from 'vitest';
import { digestOf, type KeySettings, noRates } from '../../../src/core/config/key-settings.js';
import { usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { chat, type TestApp, testApp, type TestAppOptions, until } from '../../support/app.js';

/** A key whose name is also its secret. */
function key(name: string, more: Partial<KeySettings> = {}): KeySettings {
  const plain = { trafficClass: 'standard', role: 'user', terms: usualTerms, rates: noRates } as const;
  return { name, digest: digestOf(`secret-${name}`), ...plain, ...more };
}

const sent = (name: string): { authorization: string } => ({ authorization: `Bearer secret-${name}` });

function server(keys: readonly KeySettings[], options: TestAppOptions = {}): Promise<TestApp> {
  const terms = new Map(keys.map(({ name, terms: own }) => [name, own]));
  const fair = { policy: 'fair', classPatienceMs: 60_000, terms } as const;
  return testApp({
    engine: { reply: 'long' },
    ...options,
    keys,
    queue: { maxConcurrency: 2, fair, ...options.queue },
  });
}

/** Sends a request that runs or waits when this resolves. */
async function join({ ask, inference }: TestApp, name: string, body: object = {}): Promise<void> {
  const before = inference.running + inference.waiting;
  void ask('/v1/chat/completions', chat('hi', { max_tokens: 400, ...body }), sent(name));
  await until(() => inference.running + inference.waiting > before);
}

interface Queue {
  readonly running_count: number;
  readonly waiting_count: number;
  readonly running: readonly { readonly key: string; readonly class: string }[];
  readonly waiting: readonly { readonly key: string; readonly class: string; readonly position: number }[];
}

async function queueOf(made: TestApp, name: string): Promise<Queue> {
  return (await made.get('/v1/queue', sent(name))).json<Queue>();
}

describe('keys that share a server', () => {
  it('do not wait behind each other', async () => {
    const made = await server([key('script'), key('anna'), key('boss', { role: 'admin' })]);
    for (let count = 0; count < 10; count += 1) await join(made, 'script');
    for (let count = 0; count < 3; count += 1) await join(made, 'anna');
    const { waiting } = await queueOf(made, 'boss');
    expect(waiting.map(({ position }) => position)).toEqual(waiting.map((_, index) => index + 1));
    expect(waiting.flatMap(({ key: owner, position }) => (owner === 'anna' ? [position] : []))).toEqual([1, 3, 5]);
  });

  it('are named in the log, and nothing else of them is', async () => {
    const made = await server([key('anna')]);
    await made.post('/v1/chat/completions', chat('hi', { max_tokens: 2 }), sent('anna'));
    await made.get('/v1/models', sent('nobody'));
    expect(made.log).toContainEqual(expect.objectContaining({ key: 'anna', outcome: 'completed' }));
    expect(JSON.stringify(made.log)).not.toContain('secret-');
  });

  it('are asked for by everything but attempts to open a WebSocket, after whose 426 codex soon sees that its key is wrong', async () => {
    const made = await server([key('anna')]);
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket' };
    const asking = async (path: string, headers: object): Promise<number> =>
      (await made.get(path, { ...sent('nobody'), ...headers })).statusCode;
    expect(await asking('/v1/responses', upgrade)).toBe(426);
    expect(await asking('/v1/responses', {})).toBe(401);
    expect(await asking('/v1/models', upgrade)).toBe(401);
  });

  it('wait in their class, which a request may lower but not raise', async () => {
    const made = await server([
      key('anna', { trafficClass: 'interactive' }),
      key('ben', { trafficClass: 'batch' }),
      key('boss', { role: 'admin' }),
    ]);
    await join(made, 'anna');
    await join(made, 'anna', { service_tier: 'flex' });
    await join(made, 'ben', { priority: 'interactive' });
    await join(made, 'anna', { priority: 'standard' });
    await join(made, 'anna', { priority: 7 });
    const { running, waiting } = await queueOf(made, 'boss');
    expect(running.map((each) => each.class)).toEqual(['interactive', 'batch']);
    expect(waiting.map((each) => [each.key, each.class])).toEqual([
      ['anna', 'interactive'],
      ['anna', 'standard'],
      ['ben', 'batch'],
    ]);
  });

  it.each([
    ['/v1/responses', { input: 'hi', max_output_tokens: 400 }],
    ['/v1/messages', { messages: [{ role: 'user', content: 'hi' }], max_tokens: 400 }],
    ['/v1/completions', { prompt: 'hi', max_tokens: 400 }],
  ])('may lower the class of requests to %s', async (url, body) => {
    const made = await server([key('anna'), key('boss', { role: 'admin' })]);
    void made.ask(url, { ...body, service_tier: 'flex' }, sent('anna'));
    await until(() => made.inference.running === 1);
    expect((await queueOf(made, 'boss')).running).toMatchObject([{ key: 'anna', class: 'batch' }]);
  });
});

describe('requests for embeddings', () => {
  it.each([{ service_tier: 'flex' }, { priority: 'batch' }])('may lower their class with %o', async (lowered) => {
    const made = await server([key('anna'), key('boss', { role: 'admin' })], { engine: { embeddings: true } });
    void made.ask('/v1/embeddings', { input: 'hi', ...lowered }, sent('anna'));
    await until(() => made.inference.running === 1);
    expect((await queueOf(made, 'boss')).running).toMatchObject([{ key: 'anna', class: 'batch' }]);
  });
});

describe('a limit of a key', () => {
  it('lets others run while it waits for itself', async () => {
    const terms = { ...usualTerms, maxRunning: 1 };
    const made = await server([key('script', { terms }), key('anna'), key('boss', { role: 'admin' })]);
    await join(made, 'script');
    await join(made, 'script');
    await join(made, 'anna');
    const { running, waiting } = await queueOf(made, 'boss');
    expect(running.map((each) => each.key)).toEqual(['script', 'anna']);
    expect(waiting).toMatchObject([{ key: 'script', waits_for: 'key', position: 1 }]);
  });
});

describe('limits over time', () => {
  it('refuse more requests per minute, and say when there is room again', async () => {
    const rates = { ...noRates, requestsPerMinute: 2 };
    const made = await server([key('anna', { rates }), key('ben')]);
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
    const made = await server([key('anna', { rates: { ...noRates, [limit]: 40 } })]);
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
    const made = await server([key('anna', { rates })]);
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
    const made = await server([key('anna', { rates: { ...noRates, requestsPerMinute } })]);
    const { headers } = await made.post('/v1/chat/completions', chat('hi', { max_tokens: 2, n: 2 }), sent('anna'));
    expect(headers).toMatchObject({
      'x-ratelimit-remaining-requests': remaining,
      'x-ratelimit-reset-requests': reset,
    });
  });

  it('is all that was there if they are more than there may be in a minute', async () => {
    const made = await server([key('anna', { rates: { ...noRates, requestsPerMinute: 1 } })]);
    const refused = await made.post('/v1/chat/completions', chat('hi', { max_tokens: 2, n: 2 }), sent('anna'));
    expect(refused.statusCode).toBe(400);
    expect(refused.headers).toMatchObject({
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': '0.000s',
    });
  });

  it('is all that was there if they are refused', async () => {
    const made = await server([key('anna', { rates: { ...noRates, requestsPerMinute: 3 } })]);
    const ask = (n: number): ReturnType<TestApp['post']> =>
      made.post('/v1/chat/completions', chat('hi', { max_tokens: 2, n }), sent('anna'));
    await ask(2);
    const refused = await ask(2);
    expect(refused.statusCode).toBe(429);
    expect(refused.headers).toMatchObject({ 'x-ratelimit-remaining-requests': '1' });
    expect((await ask(1)).statusCode).toBe(200);
  });
});

describe('an echo of tokens', () => {
  it('is not looked up for a key that has used its limit', async () => {
    const made = await server([key('anna', { rates: { ...noRates, requestsPerMinute: 1 } })]);
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
    const made = await server([key('anna', { rates }), key('boss', { role: 'admin' })]);
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

describe('what costs the engine as much as a prompt, while the line is full', () => {
  it.each([
    ['/tokenize', { content: 'hi' }],
    ['/detokenize', { tokens: [104] }],
    ['/v1/chat/completions/input_tokens', chat('hi', {})],
    ['/v1/messages/count_tokens', { ...chat('hi', {}), max_tokens: 4 }],
    ['/v1/responses/input_tokens', { input: 'hi' }],
    ['/v1/completions', { prompt: [97], echo: true, max_tokens: 1 }],
  ])('is answered for a class with an idle slot, and refused to others: %s', async (url, body) => {
    const classReserves = new Map([['interactive', 1] as const]);
    const fair = { policy: 'fair', classPatienceMs: 60_000, terms: new Map(), classReserves } as const;
    const keys = [key('anna', { trafficClass: 'interactive' }), key('ben')];
    const made = await server(keys, { queue: { maxConcurrency: 2, maxQueue: 1, fair } });
    for (let count = 0; count < 2; count += 1) await join(made, 'ben');
    expect((await made.post(url, body, sent('ben'))).statusCode).toBe(429);
    expect((await made.post(url, body, sent('anna'))).statusCode).toBe(200);
  });
});

describe('counting tokens, and changing conversations', () => {
  const messages = { messages: [{ role: 'user', content: 'hi' }], max_tokens: 4 };

  it.each([
    ['/tokenize', { content: 'hi' }],
    ['/detokenize', { tokens: [104] }],
    ['/v1/chat/completions/input_tokens', messages],
    ['/v1/messages/count_tokens', messages],
    ['/v1/responses/input_tokens', { input: 'hi' }],
    ['/v1/conversations', {}],
  ])('with %s is a request like others', async (url, body) => {
    const made = await server([key('anna', { rates: { ...noRates, requestsPerMinute: 1 } })]);
    const counted = await made.post(url, body, sent('anna'));
    expect(counted.statusCode).toBe(200);
    expect(counted.headers).toMatchObject({ 'x-ratelimit-remaining-requests': '0' });
    const refused = await made.post(url, body, sent('anna'));
    expect(refused.statusCode).toBe(429);
    expect(refused.headers).toMatchObject({ 'retry-after': '60', 'x-ratelimit-remaining-requests': '0' });
  });
});

describe('an answer with more choices than a key may send requests in a minute', () => {
  it('is refused with a 400, because waiting would not help', async () => {
    const made = await server([key('anna', { rates: { ...noRates, requestsPerMinute: 1 } })]);
    const refused = await made.post('/v1/chat/completions', chat('hi', { n: 2, max_tokens: 2 }), sent('anna'));
    expect(refused.statusCode).toBe(400);
    expect(refused.headers['retry-after']).toBeUndefined();
    expect(refused.json<unknown>()).toMatchObject({
      error: { message: expect.stringContaining('counts as 2 requests') as string },
    });
  });
});

describe('the limit of waiting requests', () => {
  it('refuses a key more, while others may still wait', async () => {
    const terms = { ...usualTerms, maxWaiting: 1 };
    const made = await server([key('script', { terms }), key('anna')]);
    for (let count = 0; count < 3; count += 1) await join(made, 'script');
    const refused = await made.ask('/v1/chat/completions', chat('hi'), sent('script'));
    expect(refused.statusCode).toBe(429);
    expect(refused.json<unknown>()).toMatchObject({ error: { code: 'rate_limited' } });
    await join(made, 'anna');
    expect(made.inference.waiting).toBe(2);
  });
});

describe('the role of a key', () => {
  const keys = [key('anna'), key('eye', { role: 'observer' }), key('boss', { role: 'admin' })];

  it.each([
    ['anna', 'GET', '/v1/models', 200],
    ['anna', 'GET', '/v1/models/mock', 200],
    ['eye', 'GET', '/v1/models', 200],
    ['eye', 'GET', '/v1/models/mock', 200],
    ['anna', 'GET', '/v1/queue', 200],
    ['anna', 'GET', '/metrics', 403],
    ['anna', 'PATCH', '/v1/queue', 403],
    ['eye', 'GET', '/metrics', 200],
    ['eye', 'GET', '/v1/queue', 200],
    ['eye', 'PATCH', '/v1/queue', 403],
    ['eye', 'POST', '/v1/chat/completions', 403],
    ['eye', 'POST', '/tokenize', 403],
    ['eye', 'GET', '/v1/conversations/x', 403],
    ['boss', 'GET', '/metrics', 200],
    ['boss', 'PATCH', '/v1/queue', 200],
  ] as const)('of %s: %s %s is %i', async (name, method, url, status) => {
    const { app } = await server(keys);
    const payload = method === 'PATCH' ? { payload: { max_queue: 9 } } : {};
    const answer = await app.inject({ method, url, headers: sent(name), ...payload });
    expect(answer.statusCode).toBe(status);
    if (status === 403) expect(answer.json<unknown>()).toMatchObject({ error: { code: 'forbidden' } });
  });

  it('shows a user its own requests only, with their places among all and the counts of all', async () => {
    const made = await server([...keys, key('ben')]);
    for (const name of ['anna', 'ben', 'anna', 'ben']) await join(made, name);
    const { running, waiting, ...counts } = await queueOf(made, 'ben');
    expect(counts).toMatchObject({ running_count: 2, waiting_count: 2 });
    expect(running.map((each) => each.key)).toEqual(['ben']);
    expect(waiting.map((each) => [each.key, each.position])).toEqual([['ben', 2]]);
  });

  it('does not hide that a route does not exist', async () => {
    const { get } = await server(keys);
    expect((await get('/nope', sent('anna'))).statusCode).toBe(404);
  });
});
