import { describe, expect, it } from 'vitest';
import { usualTransport } from '../../../src/core/bench/client/transport.js';
import { type WatchedServer, watchServer } from '../../../src/core/watch/watched-server.js';
import { serveScript } from '../bench/target/routes.js';
import { readingAt } from './readings.js';

const { queue } = readingAt(0, { running: [3], waiting: 2 });
const json = ['Content-Type: application/json'];
const metrics = [
  '# TYPE chatstream_engine_restarts_total counter',
  'chatstream_engine_restarts_total 2',
  'chatstream_queue_wait_seconds_bucket{le="0.1"} 4',
  'chatstream_queue_wait_seconds_bucket{le="+Inf"} 5',
  'chatstream_queue_wait_seconds_sum 1',
  'chatstream_queue_wait_seconds_count 5',
].join('\n');

interface Answers {
  readonly owner?: string;
  readonly view?: object;
  readonly patch?: readonly [status: string, body: object];
  /** With which status it shows its metrics. */
  readonly metricsStatus?: string;
}

interface Watched {
  readonly server: Promise<WatchedServer>;
  /** The bodies of requests for other limits. */
  readonly patches: string[];
}

/** A server that shows its queues, and takes another limit unless it is told what to answer. */
async function watched({
  owner = 'chatstream',
  view = queue,
  patch,
  metricsStatus = '200 OK',
}: Answers = {}): Promise<Watched> {
  const patches: string[] = [];
  const { url } = await serveScript(async (exchange) => {
    const [method = '', path = ''] = exchange.head.split(' ');
    if (path === '/v1/models') {
      await exchange.answer('200 OK', json, JSON.stringify({ data: [{ id: 'parrot', owned_by: owner }] }));
    } else if (path === '/metrics') await exchange.answer(metricsStatus, [], metrics);
    else if (path === '/v1/queue' && method === 'GET') await exchange.answer('200 OK', json, JSON.stringify(view));
    else if (path === '/v1/queue') {
      patches.push(exchange.body);
      const [status, body] = patch ?? ['200 OK', queue];
      await exchange.answer(status, json, JSON.stringify(body));
    } else await exchange.answer('404 Not Found', [], '');
  });
  return { server: watchServer(url, { headers: {}, trust: usualTransport.trust, patienceMs: 10_000 }), patches };
}

describe('a server that is watched', () => {
  it('shows its queues and what it has counted', async () => {
    const server = await (await watched()).server;
    expect(server.model).toBe('parrot');
    const reading = await server.read();
    expect(reading.queue).toEqual(queue);
    expect(reading.totals).toMatchObject({ engineRestarts: 2, ttft: null, queueWait: { count: 5, sumMs: 1000 } });
  });

  it('shows only its queues to a key that may not see its metrics', async () => {
    const server = await (await watched({ metricsStatus: '403 Forbidden' })).server;
    const reading = await server.read();
    expect(reading.queue).toEqual(queue);
    expect(reading.totals).toEqual({ engineRestarts: null, ttft: null, queueWait: null, tpot: null });
  });

  it('has to show its metrics otherwise', async () => {
    const server = await (await watched({ metricsStatus: '500 Internal Server Error' })).server;
    await expect(server.read()).rejects.toThrow(/does not show its metrics: /);
  });

  it('takes another limit', async () => {
    const { server, patches } = await watched();
    await (await server).setMaxConcurrency(3, null);
    await (await server).setMaxConcurrency(2, 'code');
    expect(patches).toEqual(['{"max_concurrency":3}', '{"model":"code","max_concurrency":2}']);
  });

  it('says in its own words why it does not', async () => {
    const patch = ['403 Forbidden', { error: { message: 'Observers may not change limits.' } }] as const;
    const server = await (await watched({ patch })).server;
    await expect(server.setMaxConcurrency(3, null)).rejects.toThrow(
      /did not set max-concurrency to 3: Observers may not change limits\.$/,
    );
  });

  it('has to be one of ours', async () => {
    const { server } = await watched({ owner: 'vllm' });
    await expect(server).rejects.toMatchObject({
      code: 'target_unreachable',
      message: expect.stringContaining('is not a chatstream server') as string,
    });
  });

  it('has to show queues as ours do', async () => {
    const server = await (await watched({ view: { waiting: 3 } })).server;
    await expect(server.read()).rejects.toThrow(/does not show its queues: HTTP 200\./);
  });
});
