import { describe, expect, it } from 'vitest';
import { microsNow } from '../../../../src/core/base/micros.js';
import type { StreamingClient } from '../../../../src/core/bench/client/streaming-client.js';
import { until } from '../../../support/until.js';
import { clientOf, goodAnswer, serve, token } from './client-setup.js';

describe('the time limit', () => {
  /** Asks again if the limit has passed: it is short for a machine that stalls for a moment. */
  async function untilAnswered(client: StreamingClient, body: string): Promise<void> {
    await until(async () => (await client.send(body, microsNow())).status === 'completed', 'a whole answer');
  }

  it('ends a stream that trickles on', async () => {
    const server = await serve(async (exchange) => {
      if (server.exchanges.length > 1) return goodAnswer(exchange);
      await exchange.beginStream();
      while (!exchange.socket.destroyed) await exchange.writeChunk(token);
    });
    const client = clientOf(server.url, { timeoutMs: 60 });
    const outcome = await client.send('{}', microsNow());
    expect(outcome).toMatchObject({ status: 'timed_out', code: 'timed_out', reconnects: 0 });
    expect(outcome).toHaveProperty('message', expect.stringContaining('--timeout'));
    expect(outcome.endUs - outcome.sendUs).toBeGreaterThan(0);
    await until(() => server.openSockets.size === 0, 'the end of its connection');
    await untilAnswered(client, '{}');
    // None of them on a connection that a time limit has broken.
    expect(new Set(server.exchanges.map(({ connection }) => connection)).size).toBe(server.exchanges.length);
  });

  it('ends a request that is not answered at all, also on a kept connection', async () => {
    const server = await serve((exchange) => (exchange.body === '{"good":true}' ? goodAnswer(exchange) : undefined));
    const client = clientOf(server.url, { timeoutMs: 60 });
    await untilAnswered(client, '{"good":true}');
    expect(await client.send('{}', microsNow())).toMatchObject({ status: 'timed_out', reconnects: 0 });
  });

  it('ends the wait for a connection', async () => {
    // A server that accepts and sends nothing never ends the handshake.
    const server = await serve(() => undefined);
    const client = clientOf(server.url.replace('http:', 'https:'), { timeoutMs: 60 });
    expect(await client.send('{}', microsNow())).toMatchObject({ status: 'timed_out', reconnects: 0 });
  });
});

describe('abort', () => {
  it('ends what is in flight, and nothing else', async () => {
    const server = await serve(async (exchange) => {
      if (exchange.body === '{"good":true}') return goodAnswer(exchange);
      await exchange.beginStream();
      await exchange.writeChunk(token);
    });
    const client = clientOf(server.url);
    const outcomes = Array.from({ length: 3 }, () => client.send('{}', microsNow()));
    await until(() => server.exchanges.length === 3, 'three requests');
    client.abort();
    for (const outcome of outcomes) expect(await outcome).toMatchObject({ status: 'aborted', code: 'aborted' });
    expect(await client.send('{"good":true}', microsNow())).toMatchObject({ status: 'completed' });
  });

  it('ends a request whose connection is not open yet', async () => {
    const server = await serve(() => undefined);
    const client = clientOf(server.url);
    const outcome = client.send('{}', microsNow());
    client.abort();
    expect(await outcome).toMatchObject({ status: 'aborted' });
    expect(server.exchanges).toHaveLength(0);
  });

  it('comes with close, which leaves no connection behind', async () => {
    const server = await serve(() => undefined);
    const client = clientOf(server.url);
    await client.connect(3);
    const outcome = client.send('{}', microsNow());
    await until(() => server.exchanges.length === 1, 'the request');
    await client.close();
    expect(await outcome).toMatchObject({ status: 'aborted' });
    await until(() => server.openSockets.size === 0, 'the end of the connections');
  });
});
