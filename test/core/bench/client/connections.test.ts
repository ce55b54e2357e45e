import { describe, expect, it } from 'vitest';
import { microsNow } from '../../../../src/core/base/micros.js';
import { deadUrl } from '../../../support/dead-url.js';
import type { ScriptedExchange } from '../../../support/scripted-http-server.js';
import { until } from '../../../support/until.js';
import { clientOf, eventStream, goodAnswer, serve, stop, token } from './client-setup.js';

describe('connections', () => {
  it('are opened before they are needed, without a request, and then used', async () => {
    const server = await serve(goodAnswer);
    const client = clientOf(server.url);
    await client.connect(8);
    await until(() => server.connections === 8, 'eight connections');
    expect(server.exchanges).toHaveLength(0);
    await client.connect(8);
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => client.send('{}', microsNow())));
    expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'completed'));
    expect(server.connections).toBe(8);
    expect(new Set(server.exchanges.map(({ connection }) => connection)).size).toBe(8);
  });

  it('are as many as there are streams at the same time', async () => {
    const waiting: ScriptedExchange[] = [];
    const server = await serve((exchange) => void waiting.push(exchange));
    const client = clientOf(server.url);
    const outcomes = Array.from({ length: 20 }, () => client.send('{}', microsNow()));
    await until(() => waiting.length === 20, 'twenty requests');
    expect(server.connections).toBe(20);
    for (const exchange of waiting) await goodAnswer(exchange);
    expect((await Promise.all(outcomes)).every(({ status }) => status === 'completed')).toBe(true);
  });

  it('are used again, the latest one first', async () => {
    const server = await serve(goodAnswer);
    const client = clientOf(server.url);
    await client.connect(3);
    for (let request = 0; request < 5; request += 1) await client.send('{}', microsNow());
    expect(new Set(server.exchanges.map(({ connection }) => connection)).size).toBe(1);
    expect(server.connections).toBe(3);
  });

  it('that the server announces to close are replaced without a retry', async () => {
    const server = await serve(async (exchange) => {
      await exchange.answer('200 OK', [...eventStream, 'Connection: close'], token + stop);
      exchange.close();
    });
    const client = clientOf(server.url);
    for (let request = 0; request < 3; request += 1) {
      expect(await client.send('{}', microsNow())).toMatchObject({ status: 'completed', reconnects: 0 });
    }
    expect(server.connections).toBe(3);
  });

  it('that the server closed while they were idle are replaced', async () => {
    const server = await serve(goodAnswer);
    const client = clientOf(server.url);
    await client.connect(2);
    await until(() => server.openSockets.size === 2, 'both connections');
    for (const socket of server.openSockets) socket.end();
    await until(() => server.openSockets.size === 0, 'the end of both connections');
    expect(await client.send('{}', microsNow())).toMatchObject({ status: 'completed' });
    expect(server.connections).toBe(3);
  });

  it.each(['reset', 'close'] as const)('that %s under the request are replaced, and it is sent again', async (end) => {
    const server = await serve((exchange) => {
      // The second request on a connection finds it closed.
      if (server.exchanges.length !== 2) return goodAnswer(exchange);
      exchange[end]();
      return undefined;
    });
    const client = clientOf(server.url);
    await client.send('{}', microsNow());
    const beforeUs = microsNow();
    const outcome = await client.send('{"again":true}', beforeUs);
    expect(outcome).toMatchObject({ status: 'completed', reconnects: 1 });
    expect(outcome.sendUs).toBeGreaterThan(beforeUs);
    expect(server.exchanges.map(({ connection }) => connection)).toEqual([0, 0, 1]);
    expect(server.exchanges[2]?.body).toBe('{"again":true}');
  });

  it('that received bytes before a request are replaced', async () => {
    const server = await serve(goodAnswer);
    const client = clientOf(server.url);
    await client.connect(1);
    await until(() => server.openSockets.size === 1, 'the connection');
    for (const socket of server.openSockets) socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
    // What was written before this answer has arrived before it.
    await clientOf(server.url).send('{}', microsNow());
    expect(await client.send('{}', microsNow())).toMatchObject({ status: 'completed', tokenChunks: 2, reconnects: 0 });
    expect(server.connections).toBe(3);
  });

  it('that break again and again fail the request', async () => {
    const server = await serve((exchange) => {
      if (server.exchanges.length === 1) return goodAnswer(exchange);
      exchange.reset();
      return undefined;
    });
    const client = clientOf(server.url);
    await client.send('{}', microsNow());
    const outcome = await client.send('{}', microsNow());
    expect(outcome).toMatchObject({ status: 'failed', code: 'connection_reset', reconnects: 1 });
    expect(server.exchanges).toHaveLength(3);
  });

  it('that were opened for the request fail it when they break', async () => {
    const server = await serve((exchange) => {
      exchange.reset();
    });
    const outcome = await clientOf(server.url).send('{}', microsNow());
    expect(outcome).toMatchObject({ status: 'failed', code: 'connection_reset', reconnects: 0 });
    expect(server.exchanges).toHaveLength(1);
  });

  it('that break in the middle of the answer are not replaced', async () => {
    const server = await serve(async (exchange) => {
      if (server.exchanges.length === 1) return goodAnswer(exchange);
      await exchange.write('HTTP/1.1 200 ');
      exchange.reset();
    });
    const client = clientOf(server.url);
    await client.send('{}', microsNow());
    expect(await client.send('{}', microsNow())).toMatchObject({
      status: 'failed',
      code: 'connection_reset',
      reconnects: 0,
    });
    expect(server.exchanges).toHaveLength(2);
  });

  it('cannot be opened where nothing listens', async () => {
    const client = clientOf(await deadUrl());
    const outcome = await client.send('{}', microsNow());
    expect(outcome).toMatchObject({ status: 'failed', code: 'connection_refused', reconnects: 0 });
    expect(outcome.sendUs).toBeLessThanOrEqual(outcome.endUs);
    await expect(client.connect(2)).rejects.toThrow('Is the server running?');
  });

  it('cannot be opened to a name that does not exist', async () => {
    const outcome = await clientOf('http://nowhere.invalid:8000').send('{}', microsNow());
    expect(outcome).toMatchObject({ status: 'failed', code: 'host_not_found' });
  });
});
