import { describe, expect, it } from 'vitest';
import { httpOf } from '../../../../src/core/bench/target/http.js';
import { queueLengthsSource } from '../../../../src/core/bench/target/queue-lengths.js';
import { serveRoutes } from './routes.js';

const vllm = `vllm:num_requests_running{engine="0",model_name="m"} 3.0
vllm:num_requests_waiting{engine="0",model_name="m"} 5.0
vllm:num_requests_running{engine="1",model_name="m"} 1.0
`;

describe('queueLengthsSource', () => {
  it('reads the queues of a chatstream server', async () => {
    const server = await serveRoutes({ 'GET /v1/queue': { body: { running: [{}], waiting: [{}, {}] } } });
    expect(await queueLengthsSource(httpOf(server.url, {}), 'chatstream')?.read()).toEqual({ running: 1, waiting: 2 });
  });

  it('reads the gauges of other servers, all engines added up', async () => {
    const server = await serveRoutes({ 'GET /metrics': { body: vllm } });
    expect(await queueLengthsSource(httpOf(server.url, {}), 'vllm')?.read()).toEqual({ running: 4, waiting: 5 });
  });

  it('has nothing to say about a server without them', async () => {
    const server = await serveRoutes({});
    const http = httpOf(server.url, {});
    expect(await queueLengthsSource(http, 'llama-server')?.read()).toBeNull();
    expect(await queueLengthsSource(http, 'chatstream')?.read()).toBeNull();
    expect(queueLengthsSource(http, 'ollama')).toBeNull();
  });
});
