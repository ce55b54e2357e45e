import { describe, expect, it } from 'vitest';
import { usualTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { chat, until } from '../../support/app.js';
import { join, key, keyedServer, queueOf, sent } from './keyed-server.js';

describe('keys that share a server', () => {
  it('do not wait behind each other', async () => {
    const made = await keyedServer([key('script'), key('anna'), key('boss', { role: 'admin' })]);
    for (let count = 0; count < 10; count += 1) await join(made, 'script');
    for (let count = 0; count < 3; count += 1) await join(made, 'anna');
    const { waiting } = await queueOf(made, 'boss');
    expect(waiting.map(({ position }) => position)).toEqual(waiting.map((_, index) => index + 1));
    expect(waiting.flatMap(({ key: owner, position }) => (owner === 'anna' ? [position] : []))).toEqual([1, 3, 5]);
  });

  it('are named in the log, and nothing else of them is', async () => {
    const made = await keyedServer([key('anna')]);
    await made.post('/v1/chat/completions', chat('hi', { max_tokens: 2 }), sent('anna'));
    await made.get('/v1/models', sent('nobody'));
    expect(made.log).toContainEqual(expect.objectContaining({ key: 'anna', outcome: 'completed' }));
    expect(JSON.stringify(made.log)).not.toContain('secret-');
  });

  it('are asked for by everything but attempts to open a WebSocket, after whose 426 codex soon sees that its key is wrong', async () => {
    const made = await keyedServer([key('anna')]);
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket' };
    const asking = async (path: string, headers: object): Promise<number> =>
      (await made.get(path, { ...sent('nobody'), ...headers })).statusCode;
    expect(await asking('/v1/responses', upgrade)).toBe(426);
    expect(await asking('/v1/responses', {})).toBe(401);
    expect(await asking('/v1/models', upgrade)).toBe(401);
  });

  it('wait in their class, which a request may lower but not raise', async () => {
    const made = await keyedServer([
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
    const made = await keyedServer([key('anna'), key('boss', { role: 'admin' })]);
    void made.ask(url, { ...body, service_tier: 'flex' }, sent('anna'));
    await until(() => made.inference.running === 1);
    expect((await queueOf(made, 'boss')).running).toMatchObject([{ key: 'anna', class: 'batch' }]);
  });
});

describe('requests for embeddings', () => {
  it.each([{ service_tier: 'flex' }, { priority: 'batch' }])('may lower their class with %o', async (lowered) => {
    const made = await keyedServer([key('anna'), key('boss', { role: 'admin' })], { engine: { embeddings: true } });
    void made.ask('/v1/embeddings', { input: 'hi', ...lowered }, sent('anna'));
    await until(() => made.inference.running === 1);
    expect((await queueOf(made, 'boss')).running).toMatchObject([{ key: 'anna', class: 'batch' }]);
  });
});

describe('a limit of a key', () => {
  it('lets others run while it waits for itself', async () => {
    const terms = { ...usualTerms, maxRunning: 1 };
    const made = await keyedServer([key('script', { terms }), key('anna'), key('boss', { role: 'admin' })]);
    await join(made, 'script');
    await join(made, 'script');
    await join(made, 'anna');
    const { running, waiting } = await queueOf(made, 'boss');
    expect(running.map((each) => each.key)).toEqual(['script', 'anna']);
    expect(waiting).toMatchObject([{ key: 'script', waits_for: 'key', position: 1 }]);
  });
});

describe('the limit of waiting requests', () => {
  it('refuses a key more, while others may still wait', async () => {
    const terms = { ...usualTerms, maxWaiting: 1 };
    const made = await keyedServer([key('script', { terms }), key('anna')]);
    for (let count = 0; count < 3; count += 1) await join(made, 'script');
    const refused = await made.ask('/v1/chat/completions', chat('hi'), sent('script'));
    expect(refused.statusCode).toBe(429);
    expect(refused.json<unknown>()).toMatchObject({ error: { code: 'rate_limited' } });
    await join(made, 'anna');
    expect(made.inference.waiting).toBe(2);
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
    const made = await keyedServer(keys, { queue: { maxConcurrency: 2, maxQueue: 1, fair } });
    for (let count = 0; count < 2; count += 1) await join(made, 'ben');
    expect((await made.post(url, body, sent('ben'))).statusCode).toBe(429);
    expect((await made.post(url, body, sent('anna'))).statusCode).toBe(200);
  });
});
