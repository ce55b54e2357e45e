import { describe, expect, it } from 'vitest';
import { chat, until } from '../../support/app.js';
import { linesApp, loadMs } from '../../support/lines-app.js';
import { openStream, type StreamClient } from '../../support/stream-client.js';
import { parseStream } from '../../support/stream-parts.js';

const two = { models: ['chat', 'code'] };
const oneLoaded = { ...two, maxLoaded: 1 };
const withQueue = { stream_options: { include_queue: true } };

function comments({ body }: StreamClient): string[] {
  return parseStream(body).flatMap((part) => (part.type === 'comment' ? [part.text] : []));
}

describe('a server with several models', () => {
  it('lets the name in a request choose, on every route', async () => {
    const { post, lines } = await linesApp(two);
    const input = { model: 'code', input: 'hi', max_tokens: 1 };
    const messages = { ...chat('hi'), model: 'code', max_tokens: 1 };
    const bodies: [string, object][] = [
      ['/v1/chat/completions', messages],
      ['/v1/completions', { model: 'code', prompt: 'hi', max_tokens: 1 }],
      ['/v1/responses', input],
      ['/v1/messages', messages],
      ['/v1/messages/count_tokens', messages],
      ['/v1/chat/completions/input_tokens', messages],
      ['/v1/responses/input_tokens', input],
      ['/tokenize', { model: 'code', content: 'hi' }],
      ['/detokenize', { model: 'code', tokens: [72] }],
    ];
    for (const [url, body] of bodies) expect((await post(url, body)).statusCode, url).toBe(200);
    for (const [url, body] of bodies) {
      expect((await post(url, { ...body, model: 'other' })).json(), url).toMatchObject({
        error: { message: expect.stringContaining('Ask for "chat" or "code"') as string },
      });
    }
    expect(lines.lines.map(({ use }) => use.running)).toEqual([0, 0]);
  });

  it('names the model in its answer, takes the first without a name, and gives that one the aliases', async () => {
    const { post, get } = await linesApp({ ...two, aliases: ['gpt-4'] });
    const answered = async (model?: string): Promise<unknown> =>
      (await post('/v1/chat/completions', chat('hi', { model, max_tokens: 1 }))).json<{ model: string }>().model;
    expect(await answered('code')).toBe('code');
    expect(await answered()).toBe('chat');
    expect(await answered('gpt-4')).toBe('gpt-4');
    const { data } = (await get('/v1/models')).json<{ data: { id: string; root: string; state: string }[] }>();
    expect(data.map(({ id, root, state }) => [id, root, state])).toEqual([
      ['chat', 'chat', 'loaded'],
      ['gpt-4', 'chat', 'loaded'],
      ['code', 'code', 'loaded'],
    ]);
  });

  it('tells a waiting client that its model is loaded, and when it will be', async () => {
    const { app, clock, lines } = await linesApp(oneLoaded);
    const client = await openStream(app, chat('hi', { model: 'code', max_tokens: 1, ...withQueue }));
    await client.arrived('loading model=code');
    // It was never loaded; the other one has a file of the same size.
    expect(comments(client)).toEqual([`loading model=code eta_ms=${loadMs}`]);
    await until(() => lines.modelQueues[1]?.state === 'loading');
    await clock.advanceAsync(loadMs);
    await until(() => lines.running === 1);
    await clock.advanceAsync(1000);
    expect(await client.finished()).toContain('[DONE]');
    expect(lines.modelQueues.map(({ state }) => state)).toEqual(['unloaded', 'loaded']);

    const again = await openStream(app, chat('hi', { model: 'chat', max_tokens: 1, ...withQueue }));
    await again.arrived(`loading model=chat eta_ms=${loadMs}`);
  });

  it('says nothing for ten seconds to a client that did not ask for its place', async () => {
    const { app, clock, lines } = await linesApp({ ...oneLoaded, engine: { reply: 'long' } });
    const busy = await openStream(app, chat('hi', { model: 'chat', max_tokens: 4000 }));
    await until(() => lines.running === 1);
    const client = await openStream(app, chat('hi', { model: 'code', max_tokens: 1 }));
    await until(() => lines.preparing === 1);
    await clock.advanceAsync(9999);
    expect(client.body).toBe('');
    await clock.advanceAsync(1);
    await client.arrived('loading model=code');
    // How long the generation of the other model will take is not known.
    expect(comments(client)).toEqual(['loading model=code']);
    busy.leave();
  });

  it('keeps those waiting whose model has to yield, and serves them when it is back', async () => {
    const { app, clock, lines } = await linesApp({ ...oneLoaded, maxConcurrency: 1, engine: { reply: 'long' } });
    const first = await openStream(app, chat('hi', { model: 'chat', max_tokens: 1500 }));
    await until(() => lines.running === 1);
    const other = await openStream(app, chat('hi', { model: 'code', max_tokens: 1 }));
    await until(() => lines.preparing === 1);
    // By then it has served for as long as it takes to load both.
    await clock.advanceAsync(11_000);
    const late = await openStream(app, chat('hi', { model: 'chat', max_tokens: 1, ...withQueue }));
    await late.arrived('loading model=chat');
    for (const client of [first, other, late]) {
      while (client.state === 'open') await clock.advanceAsync(100);
      expect(client.body).toContain('[DONE]');
    }
    expect(lines.modelQueues.map(({ loads }) => loads)).toEqual([2, 1]);
  });

  it.each([
    ['/v1/chat/completions', chat('hi', { model: 'code', max_tokens: 1, ...withQueue }), '"model_loading_failed"'],
    [
      '/v1/chat/completions',
      chat('hi', { model: 'code', max_tokens: 1, n: 2, ...withQueue }),
      '"model_loading_failed"',
    ],
    ['/v1/responses', { model: 'code', input: 'hi', ...withQueue }, 'response.failed'],
    ['/v1/messages', chat('hi', { model: 'code', max_tokens: 1, ...withQueue }), 'event: error'],
  ])('ends a stream of %s that was told of a model which cannot be loaded: %j', async (url, body, failure) => {
    const { app, clock, broken } = await linesApp(oneLoaded);
    broken.add('code');
    const client = await openStream(app, body, {}, url);
    await client.arrived('loading model=code');
    while (client.state === 'open') await clock.advanceAsync(100);
    expect(client.body).toContain(failure);
  });

  it('refuses requests for a model that cannot be loaded, and says when to try again', async () => {
    const { post, broken, get } = await linesApp(oneLoaded);
    broken.add('code');
    const ask = chat('hi', { model: 'code', max_tokens: 1 });
    const refused = await post('/v1/chat/completions', ask);
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toBe('10');
    expect(refused.json()).toMatchObject({ error: { code: 'model_loading_failed' } });
    expect((await post('/v1/chat/completions', ask)).statusCode).toBe(503);
    expect((await get('/metrics')).body).toContain('chatstream_model_loads_total{model="code",result="failed"} 1');
    expect((await post('/v1/chat/completions', chat('hi', { max_tokens: 1 }))).statusCode).toBe(200);
  });

  it('counts those who wait for a model among those who may wait', async () => {
    const { app, clock, lines, send } = await linesApp({ ...oneLoaded, maxConcurrency: 1, maxQueue: 1 });
    const ask = chat('hi', { model: 'code', max_tokens: 1 });
    const clients = [await openStream(app, ask), await openStream(app, ask)];
    await until(() => lines.preparing === 2);
    expect((await send('POST', '/v1/chat/completions', ask)).statusCode).toBe(429);
    await clock.advanceAsync(loadMs);
    for (const client of clients) {
      while (client.state === 'open') await clock.advanceAsync(100);
      expect(client.body).toContain('[DONE]');
    }
  });

  it('shows the queue of each model, and changes one or all', async () => {
    const { app, get, send, lines } = await linesApp(two);
    await openStream(app, chat('hi', { model: 'code', max_tokens: 100 }));
    await until(() => lines.running === 1);
    expect((await get('/v1/queue')).json()).toMatchObject({
      max_concurrency: 4,
      slots: 4,
      executors: [{ name: 'chat' }, { name: 'code', running: 1 }],
      running: [{ model: 'code' }],
      models: [
        { name: 'chat', state: 'loaded', running: 0 },
        { name: 'code', state: 'loaded', running: 1, max_concurrency: 4 },
      ],
    });
    await send('PATCH', '/v1/queue', { model: 'code', max_concurrency: 2 });
    expect(lines.lines.map(({ limits }) => limits.maxConcurrency)).toEqual([4, 2]);
    await send('PATCH', '/v1/queue', { max_queue: 3 });
    expect(lines.lines.map(({ limits }) => limits.maxQueue)).toEqual([3, 3]);
    expect((await send('PATCH', '/v1/queue', { model: 'other', max_queue: 3 })).statusCode).toBe(404);
  });

  it('turns away those who wait for a model when it drains, and lets what runs finish', async () => {
    const { app, clock, lines, get } = await linesApp(oneLoaded);
    const running = await openStream(app, chat('hi', { model: 'chat', max_tokens: 10 }));
    await until(() => lines.running === 1);
    const waiting = await openStream(app, chat('hi', { model: 'code', max_tokens: 10 }));
    await until(() => lines.preparing === 1);
    const drained = lines.drain();
    const refusal = await waiting.finished();
    expect(refusal).toContain('draining');
    expect(refusal).toContain('was not started');
    expect((await get('/readyz')).json()).toEqual({ status: 'not ready', reason: 'draining' });
    await clock.advanceAsync(1000);
    await drained;
    expect(await running.finished()).toContain('[DONE]');
  });

  it('names the model of each request in the log', async () => {
    const { post, log } = await linesApp(two);
    await post('/v1/chat/completions', chat('hi', { model: 'code', max_tokens: 1 }));
    expect(log.find(({ msg }) => msg === 'request completed')).toMatchObject({ model: 'code' });
  });
});

describe('a model that is not used', () => {
  it('is unloaded after --idle-unload, and the server stays ready', async () => {
    const { clock, lines, get, post } = await linesApp({ models: ['chat'], idleUnloadMs: 60_000 });
    await clock.advanceAsync(60_000);
    expect(lines.modelQueues[0]?.state).toBe('unloaded');
    expect((await get('/readyz')).statusCode).toBe(200);
    expect((await post('/v1/chat/completions', chat('hi', { max_tokens: 1 }))).statusCode).toBe(200);
  });
});
