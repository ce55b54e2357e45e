import { describe, expect, it } from 'vitest';
import { httpOf } from '../../../../src/core/bench/target/http.js';
import { queueLengthsSource } from '../../../../src/core/bench/target/queue-lengths.js';
import { queueView, serveRoutes } from './routes.js';

const vllm = `vllm:num_requests_running{engine="0",model_name="m"} 3.0
vllm:num_requests_waiting{engine="0",model_name="m"} 5.0
vllm:num_requests_running{engine="1",model_name="m"} 1.0
`;

describe('queueLengthsSource', () => {
  it('reads the queues of a chatstream server', async () => {
    const server = await serveRoutes({ 'GET /v1/queue': { body: { running: [{}], waiting: [{}, {}] } } });
    const read = await queueLengthsSource(httpOf(server.url, {}), 'chatstream', 'm')?.read();
    expect(read).toEqual({ running: 1, waiting: 2, limit: null });
  });

  it('counts the requests of others, which a key with the role user cannot list', async () => {
    const body = { running: [{}], waiting: [], running_count: 4, waiting_count: 7 };
    const server = await serveRoutes({ 'GET /v1/queue': { body } });
    const read = await queueLengthsSource(httpOf(server.url, {}), 'chatstream', 'm')?.read();
    expect(read).toEqual({ running: 4, waiting: 7, limit: null });
  });

  it('reads the limit of the model that requests ask for', async () => {
    const models = [
      { name: 'other', max_concurrency: 3, slots: 4 },
      { name: 'm', max_concurrency: 5, slots: 8 },
    ];
    const limitOf = async (view: Readonly<Record<string, unknown>>, model: string): Promise<unknown> => {
      const server = await serveRoutes({ 'GET /v1/queue': queueView(view) });
      return (await queueLengthsSource(httpOf(server.url, {}), 'chatstream', model)?.read())?.limit;
    };
    expect(await limitOf({}, 'm')).toEqual({ maxConcurrency: 4, slots: 8 });
    expect(await limitOf({ models }, 'm')).toEqual({ maxConcurrency: 5, slots: 8 });
    expect(await limitOf({ models }, 'by another name')).toEqual({ maxConcurrency: 3, slots: 4 });
  });

  it('reads the gauges of other servers, all engines added up', async () => {
    const server = await serveRoutes({ 'GET /metrics': { body: vllm } });
    expect(await queueLengthsSource(httpOf(server.url, {}), 'vllm', 'm')?.read()).toEqual({
      running: 4,
      waiting: 5,
      limit: null,
    });
  });

  it('has nothing to say about a server without them', async () => {
    const server = await serveRoutes({});
    const http = httpOf(server.url, {});
    expect(await queueLengthsSource(http, 'llama-server', 'm')?.read()).toBeNull();
    expect(await queueLengthsSource(http, 'chatstream', 'm')?.read()).toBeNull();
    expect(queueLengthsSource(http, 'ollama', 'm')).toBeNull();
  });
});
