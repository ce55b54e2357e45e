import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openReadyTarget } from '../../../../src/core/bench/target/ready-target.js';
import type { Target } from '../../../../src/core/bench/target/target.js';
import { deadUrl } from '../../../support/dead-url.js';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

const models = JSON.stringify({ object: 'list', data: [{ id: 'm', object: 'model', owned_by: 'somebody' }] });
const answer = 'data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"length"}]}\n\ndata: [DONE]\n\n';

/** A server that gives these statuses in turn, and 200 from then on. @param hangs never ends a completion */
async function serve(
  listing: readonly number[],
  answering: readonly number[],
  hangs = false,
): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const left = { models: [...listing], completions: [...answering] };
  const server = createServer((request, response) => {
    const isModels = request.method === 'GET' && request.url === '/v1/models';
    const isCompletion = request.method === 'POST';
    if (isModels || isCompletion) asked.push(isModels ? 'models' : 'completion');
    const status = isModels ? (left.models.shift() ?? 200) : isCompletion ? (left.completions.shift() ?? 200) : 404;
    request.resume();
    if (status !== 200) response.writeHead(status).end('{"error":{"message":"not now"}}');
    else if (isModels) response.writeHead(200, { 'content-type': 'application/json' }).end(models);
    else if (!hangs) response.writeHead(200, { 'content-type': 'text/event-stream' }).end(answer);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function open(url: string, waitReadyMs: number | null, signal = new AbortController().signal): Promise<Target> {
  const asked = {
    headers: {},
    modelName: null,
    form: { endpoint: 'chat', streaming: true } as const,
    waitReadyMs,
    timeoutMs: 25_000,
    omittedParams: [],
    extraBody: null,
  };
  const hooks = { onServerStart: () => undefined, onServerLog: () => undefined, signal };
  return openReadyTarget({ type: 'url', url }, asked, { ca: null, insecure: false }, hooks);
}

describe('--wait-ready', () => {
  it('waits until the server lists its models, and answers a request', async () => {
    const { url, asked } = await serve([503, 502], [503, 503]);
    expect((await open(url, 30_000)).description.model).toBe('m');
    expect(asked.filter((each) => each === 'completion')).toHaveLength(3);
    expect(asked.slice(0, 3)).toEqual(['models', 'models', 'models']);
  });

  it('does not wait for what will not change, which is reported as usual', async () => {
    await expect(open((await serve([401, 401], [])).url, 60_000)).rejects.toThrow('needs a valid key');
    const { url, asked } = await serve([], [400]);
    await open(url, 60_000);
    expect(asked.filter((each) => each === 'completion')).toHaveLength(1);
  });

  it('ends with the last reason when the time is over', async () => {
    const { url } = await serve(
      [],
      Array.from({ length: 100 }, () => 503),
    );
    await expect(open(url, 150)).rejects.toThrow(/was not ready within 150 ms: /);
  });

  it('does not let a last try, which has no time left, hide why the ones before failed', async () => {
    await expect(open(await deadUrl(), 1000)).rejects.toThrow(
      /was not ready within 1 s: Nothing listens at \S+ Is the server running\?$/,
    );
  });

  it(
    'ends when the time is over with a server that accepts a request and never answers it',
    { timeout: 30_000 },
    async () => {
      const { url, asked } = await serve([], [], true);
      const beganMs = performance.now();
      await expect(open(url, 1000)).rejects.toThrow('was not ready within 1 s: it did not answer until then.');
      // Not the 25 s of --timeout.
      expect(performance.now() - beganMs).toBeLessThan(24_000);
      expect(asked).toContain('completion');
    },
  );

  it('is over when the bench is stopped', async () => {
    const stop = new AbortController();
    const opened = open(await deadUrl(), 60_000, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(opened).rejects.toThrow('stopped');
  });

  it('is not needed by a server that answers at once', async () => {
    const { url } = await serve([503], []);
    await expect(open(url, null)).rejects.toThrow('HTTP 503');
  });
});
