import { describe, expect, it } from 'vitest';
import { type Trust, usualTransport } from '../../../../src/core/bench/client/transport.js';
import { openTarget, type Target } from '../../../../src/core/bench/target/target.js';
import { deadUrl } from '../../../support/dead-url.js';
import { modelList, queueView, type RouteAnswer, routeOf, type Routes, serveRoutes, serveScript } from './routes.js';

const never = new AbortController().signal;

async function open(
  url: string,
  {
    headers = {},
    modelName = null,
    trust = usualTransport.trust,
    signal = never,
  }: Partial<{ headers: Record<string, string>; modelName: string | null; trust: Trust; signal: AbortSignal }> = {},
): Promise<Target> {
  return await openTarget(
    { type: 'url', url },
    { headers, modelName, form: { endpoint: 'chat', streaming: true } },
    trust,
    {
      onServerStart: () => undefined,
      onServerLog: () => undefined,
      signal,
    },
  );
}

const chatstream: Routes = {
  'GET /v1/models': modelList('chatstream', 'bundled'),
  'GET /openapi.json': { body: { info: { title: 'chatstream', version: '0.1.0' } } },
  'GET /v1/queue': queueView(),
  'PATCH /v1/queue': queueView(),
};

describe('openTarget', () => {
  it.each(['', '/', '///', '/v1', '/v1/', '/v1/chat/completions', '/v1/chat/completions/'])(
    'takes a base URL that ends in %j',
    async (end) => {
      const server = await serveRoutes(chatstream);
      const target = await open(server.url + end);
      expect(target.requestsUrl).toBe(`${server.url}/v1/chat/completions`);
      expect(target.description.url).toBe(server.url);
    },
  );

  it('sends the query of the URL with every request, and shows it nowhere', async () => {
    const server = await serveRoutes({ 'GET /v1/models?key=hush': modelList('me', 'm') });
    const target = await open(`${server.url}/v1?key=hush`);
    expect(target.requestsUrl).toBe(`${server.url}/v1/chat/completions?key=hush`);
    expect(target.description.url).toBe(server.url);
    for (const exchange of server.exchanges) expect(routeOf(exchange)).toMatch(/\?key=hush$/);
  });

  it('keeps a path before /v1', async () => {
    const server = await serveRoutes({ 'GET /proxy/v1/models': modelList('me', 'm') });
    expect((await open(`${server.url}/proxy/v1`)).requestsUrl).toBe(`${server.url}/proxy/v1/chat/completions`);
  });

  it('finds out whether a base has /v1 behind it', async () => {
    const plain = await serveRoutes({ 'GET /v1beta/openai/models': modelList('google', 'm') });
    expect((await open(`${plain.url}/v1beta/openai/`)).requestsUrl).toBe(`${plain.url}/v1beta/openai/chat/completions`);
    const usual = await serveRoutes({ 'GET /proxy/v1/models': modelList('me', 'm') });
    expect((await open(`${usual.url}/proxy`)).requestsUrl).toBe(`${usual.url}/proxy/v1/chat/completions`);
  });

  it('takes an Azure deployment, which lists no models', async () => {
    const { url } = await serveRoutes({});
    const target = await open(`${url}/openai/deployments/gpt-4o?api-version=2024-10-21`);
    expect(target.requestsUrl).toBe(`${url}/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21`);
    expect(target.description).toMatchObject({ url: `${url}/openai/deployments/gpt-4o`, model: 'gpt-4o' });
  });

  it('describes a chatstream server, with what shapes its queue', async () => {
    const server = await serveRoutes(chatstream);
    const target = await open(server.url);
    expect(target.description).toEqual({
      url: server.url,
      server: 'chatstream/0.1.0',
      model: 'bundled',
      engine: null,
      settings: { slots: 8, max_queue: 64 },
    });
    expect(target).toMatchObject({ ignoresEos: true, queue: { original: 4 } });
    expect(await target.readCounters()).toBeNull();
  });

  it('asks nothing of the queue of other servers', async () => {
    const server = await serveRoutes({ ...chatstream, 'GET /v1/models': modelList('me', 'm') });
    const target = await open(server.url);
    expect(target).toMatchObject({ queue: null, ignoresEos: false, description: { server: 'unknown', settings: {} } });
    expect(server.exchanges.map(routeOf)).not.toContain('GET /v1/queue');
    expect(await target.close()).toBeNull();
  });

  it('sends its headers with every question', async () => {
    const server = await serveRoutes(chatstream);
    const target = await open(server.url, { headers: { authorization: 'Bearer k' } });
    expect(target.headers).toEqual({ authorization: 'Bearer k' });
    for (const { head } of server.exchanges) expect(head.toLowerCase()).toContain('authorization: bearer k');
  });

  it('uses the model that it is told to use', async () => {
    const server = await serveRoutes(chatstream);
    expect((await open(server.url, { modelName: 'other' })).description.model).toBe('other');
  });

  it('needs a model, and says how to name one', async () => {
    const { url } = await serveRoutes({});
    await expect(open(url)).rejects.toMatchObject({
      code: 'target_unreachable',
      message: `${url} does not say which models it has.`,
      hint: expect.stringContaining('--model-name') as string,
    });
    expect((await open(url, { modelName: 'm' })).description.model).toBe('m');
  });

  it('is given up with the reason of its signal while a server keeps it waiting', async () => {
    const stop = new AbortController();
    const { url } = await serveScript(() => {
      stop.abort(new Error('enough'));
    });
    await expect(open(url, { signal: stop.signal })).rejects.toThrow('enough');
  });

  it('says so if nothing is there', async () => {
    await expect(open(await deadUrl())).rejects.toMatchObject({ code: 'target_unreachable' });
  });
});

describe('the queue wait in metrics', () => {
  const histogram = (count: number): RouteAnswer => ({
    body: `vllm:request_queue_time_seconds_bucket{le="+Inf"} ${count}\nvllm:request_queue_time_seconds_count ${count}\n`,
  });
  const vllm: Routes = { 'GET /v1/models': modelList('vllm', 'm'), 'GET /version': { body: { version: '1' } } };

  it('is read again each time', async () => {
    const answers = [histogram(3), histogram(5)];
    const server = await serveRoutes({ ...vllm, 'GET /metrics': () => answers.shift() ?? {} });
    const target = await open(server.url);
    expect(await target.readCounters()).toMatchObject({ queueWait: { count: 3 } });
    expect(await target.readCounters()).toMatchObject({ queueWait: { count: 5 } });
  });

  it('is nothing yet where the histogram comes with the first request', async () => {
    const { url } = await serveRoutes({ ...vllm, 'GET /metrics': { body: '# none\n' } });
    expect(await (await open(url)).readCounters()).toEqual({
      queueWait: { buckets: [], count: 0, sumMs: 0 },
      promptCache: { cachedTokens: 0, promptTokens: 0 },
    });
  });

  it('is unknown where metrics are not shown', async () => {
    const { url } = await serveRoutes(vllm);
    expect(await (await open(url)).readCounters()).toBeNull();
  });
});

describe('closing a target', () => {
  it('puts back the max-concurrency', async () => {
    const server = await serveRoutes(chatstream);
    const target = await open(server.url);
    await target.queue?.setMaxConcurrency(1);
    expect(await target.close()).toBeNull();
    expect(server.exchanges.at(-1)?.body).toContain('"seconds":0');
  });

  it('says what it could not put back', async () => {
    const server = await serveRoutes(chatstream);
    const target = await open(server.url);
    await target.queue?.setMaxConcurrency(1);
    await server.die();
    const problem = await target.close();
    expect(problem).toContain('could not be set back to 4: ');
    expect(problem).toContain('Nothing listens at');
  });
});
