import { describe, expect, it } from 'vitest';
import { microsNow } from '../../../../src/core/base/micros.js';
import type { ScriptedExchange } from '../../../support/scripted-http-server.js';
import { clientOf, done, eventStream, goodAnswer, outcomeOf, serve, stop, token } from './client-setup.js';

describe('a request', () => {
  it('is posted as it was given, with its headers', async () => {
    const server = await serve(goodAnswer);
    const client = clientOf(server.url, { headers: { Authorization: 'Bearer key', Accept: 'text/event-stream, */*' } });
    await client.send('{"messages":["é"]}', microsNow());
    const [exchange] = server.exchanges;
    expect(exchange?.body).toBe('{"messages":["é"]}');
    const lines = exchange?.head.trimEnd().split('\r\n') ?? [];
    expect(lines[0]).toBe('POST /v1/chat/completions HTTP/1.1');
    expect(lines).toEqual(
      expect.arrayContaining([
        'authorization: Bearer key',
        'content-type: application/json',
        'accept: text/event-stream, */*',
      ]),
    );
    expect(lines.filter((line) => /^accept:/i.test(line))).toHaveLength(1);
  });

  it('keeps the query of the URL', async () => {
    const server = await serve(goodAnswer);
    await clientOf(server.url, { url: `${server.url}/v1/chat/completions?api-version=1` }).send('{}', microsNow());
    expect(server.exchanges[0]?.head).toContain('POST /v1/chat/completions?api-version=1 HTTP/1.1');
  });

  it('that cannot be sent fails with what is wrong about it', async () => {
    const outcome = await outcomeOf(goodAnswer, { headers: { 'no header': 'x' } });
    expect(outcome).toMatchObject({ status: 'failed', code: 'invalid_request' });
  });
});

describe('times', () => {
  it('follow each other', async () => {
    const intendedUs = microsNow();
    const server = await serve(goodAnswer);
    const outcome = await clientOf(server.url).send('{}', intendedUs);
    if (outcome.status !== 'completed') throw new Error(outcome.message);
    const { sendUs, firstTokenUs, lastTokenUs, endUs } = outcome;
    expect(outcome.intendedUs).toBe(intendedUs);
    const times = [intendedUs, sendUs, firstTokenUs, lastTokenUs, endUs, microsNow()];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(outcome).toMatchObject({ reconnects: 0, tokenChunks: 2 });
    expect(outcome.gapsUs).toEqual([lastTokenUs - firstTokenUs]);
  });
});

describe('a stream', () => {
  it.each([
    ['in HTTP chunks', (exchange: ScriptedExchange) => exchange.stream(token, token + stop, done)],
    [
      'in chunks of single bytes',
      (exchange: ScriptedExchange) => exchange.stream(...(token + token + stop + done).split(/(?:)/u)),
    ],
    [
      'in chunks that travel byte by byte',
      async (exchange: ScriptedExchange) => {
        await exchange.beginStream();
        const whole = `${token}${token}${done}`;
        for (const byte of `${whole.length.toString(16)}\r\n${whole}\r\n0\r\n\r\n`) await exchange.write(byte);
      },
    ],
    [
      'whose head travels byte by byte',
      async (exchange: ScriptedExchange) => {
        const head =
          'HTTP/1.1 200 OK\r\nX-Long: a\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
        for (const byte of head) await exchange.write(byte);
        await exchange.writeChunk(token + token + stop + done);
        await exchange.endStream();
      },
    ],
    [
      'in more bytes than are read at once',
      async (exchange: ScriptedExchange) => {
        const comment = `: ${'x'.repeat(300_000)}\n`;
        await exchange.stream(token + comment + token + comment, stop + comment + done);
      },
    ],
    [
      'of known length',
      (exchange: ScriptedExchange) => exchange.answer('200 OK', eventStream, token + token + stop + done),
    ],
    [
      'that ends with the connection',
      async (exchange: ScriptedExchange) => {
        await exchange.write(`HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n${token}`);
        await exchange.write(token + stop);
        exchange.close();
      },
    ],
    [
      'after an early hint',
      async (exchange: ScriptedExchange) => {
        await exchange.write('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n');
        await exchange.stream(token, token, done);
      },
    ],
    ['of no declared type', (exchange: ScriptedExchange) => exchange.answer('200 OK', [], token + token + stop + done)],
    [
      'whose connection breaks behind its end',
      async (exchange: ScriptedExchange) => {
        await exchange.beginStream();
        await exchange.writeChunk(token + token + done);
        exchange.reset();
      },
    ],
  ])('is read %s', async (_name, script) => {
    expect(await outcomeOf(script)).toMatchObject({ status: 'completed', tokenChunks: 2 });
  });

  it('that breaks fails, and its connection is not used again', async () => {
    const server = await serve(async (exchange) => {
      if (server.exchanges.length > 1) return goodAnswer(exchange);
      await exchange.beginStream();
      await exchange.writeChunk(token);
      exchange.reset();
    });
    const client = clientOf(server.url);
    const outcome = await client.send('{}', microsNow());
    expect(outcome).toMatchObject({ status: 'failed', code: 'connection_reset', reconnects: 0 });
    expect(outcome).toHaveProperty('message', expect.stringContaining('1 chunks of text had arrived'));
    expect(await client.send('{}', microsNow())).toMatchObject({ status: 'completed', reconnects: 0 });
    expect(server.connections).toBe(2);
  });

  it.each([
    ['incomplete_stream', (exchange: ScriptedExchange) => exchange.stream(token, token)],
    ['no_tokens', (exchange: ScriptedExchange) => exchange.stream(stop, done)],
    ['malformed_chunk', (exchange: ScriptedExchange) => exchange.stream(token, 'data: oops\n\n', stop, done)],
    ['http_protocol_error', (exchange: ScriptedExchange) => exchange.write('SSH-2.0-OpenSSH_9.6\r\n')],
    [
      'connection_reset',
      async (exchange: ScriptedExchange) => {
        await exchange.beginStream();
        await exchange.writeChunk(token);
        exchange.close(); // in the middle of HTTP's chunks
      },
    ],
    [
      'event_too_long',
      async (exchange: ScriptedExchange) => {
        await exchange.beginStream();
        const piece = 'x'.repeat(64 * 1024);
        for (let sent = 0; sent < 40 && !exchange.socket.destroyed; sent += 1) await exchange.writeChunk(piece);
      },
    ],
    [
      'engine_failed',
      async (exchange: ScriptedExchange) => {
        await exchange.beginStream();
        await exchange.writeChunk(`${token}data: {"error":{"code":"engine_failed","message":"Gone."}}\n\n`);
        exchange.reset();
      },
    ],
  ])('fails with %s', async (code, script) => {
    expect(await outcomeOf(script)).toMatchObject({ status: 'failed', code });
  });
});
