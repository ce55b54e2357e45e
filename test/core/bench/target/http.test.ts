import { once } from 'node:events';
import { createServer } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpOf, jsonOf } from '../../../../src/core/bench/target/http.js';
import { deadUrl } from '../../../support/dead-url.js';
import type { ScriptedExchange } from '../../../support/scripted-http-server.js';
import { serveRoutes, serveScript } from './routes.js';

describe('httpOf', () => {
  it('brings back status, headers and text, and sends its headers along', async () => {
    const server = await serveRoutes({ 'GET /a': { status: '418 Teapot', headers: ['X-Kind: pot'], body: 'short' } });
    const answer = await httpOf(server.url, { authorization: 'Bearer k' }).get('/a');
    expect(answer).toMatchObject({ status: 418, text: 'short', headers: { 'x-kind': 'pot' } });
    expect(server.exchanges[0]?.head.toLowerCase()).toContain('authorization: bearer k\r\n');
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('reads answers that are compressed with %s', async (encoding, compress) => {
    const body = compress(JSON.stringify({ data: [] }));
    const server = await serveScript(async (exchange) => {
      await exchange.write(
        `HTTP/1.1 200 OK\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${body.length}\r\n\r\n`,
      );
      await exchange.write(body);
    });
    const answer = await httpOf(server.url, { 'accept-encoding': encoding }).get('/a');
    expect(jsonOf(answer)).toEqual({ data: [] });
  });

  it('says so if an answer is not compressed as its headers say', async () => {
    const server = await serveRoutes({ 'GET /a': { headers: ['Content-Encoding: gzip'], body: 'plain' } });
    await expect(httpOf(server.url, {}).get('/a')).rejects.toMatchObject({
      code: 'target_unreachable',
      message: expect.stringContaining('The answer is not gzip, as its content-encoding says') as string,
    });
  });

  it.each([
    ['is not what its headers say', ['Content-Encoding: gzip', 'Content-Length: 5'], 'The answer is not gzip'],
    ['is shorter than its headers say', ['Content-Length: 500'], 'closed the connection'],
    ['has other chunks than HTTP', ['Transfer-Encoding: chunked'], 'does not speak HTTP/1.1 as it should'],
  ])('does not call a server unreachable whose answer %s', async (_what, headers, reason) => {
    const server = await serveScript(async (exchange) => {
      await exchange.write(['HTTP/1.1 200 OK', ...headers, '', 'plain'].join('\r\n'));
      exchange.close();
    });
    await expect(httpOf(server.url, {}, { query: '?key=secret' }).get('/a')).rejects.toMatchObject({
      code: 'target_unreachable',
      message: expect.stringMatching(
        new RegExp(`^${server.url} answers /a with something that cannot be read\\. .*${reason}`),
      ) as string,
      hint: expect.stringContaining('proxy') as string,
    });
  });

  it('asks for https if a server closes the connection instead of answering plain HTTP', async () => {
    const { url } = await serveScript(closeAtOnce);
    await expect(httpOf(url, {}).get('/')).rejects.toMatchObject({
      hint: expect.stringContaining('https') as string,
    });
  });

  it('sends JSON', async () => {
    const server = await serveRoutes({ 'PATCH /a': {} });
    await httpOf(server.url, {}).send('PATCH', '/a', { n: 1 });
    expect(server.exchanges[0]?.body).toBe('{"n":1}');
    expect(server.exchanges[0]?.head.toLowerCase()).toContain('content-type: application/json');
  });

  it.each([
    ['nothing listens', deadUrl, 'Nothing listens at '],
    ['it closes', async () => (await serveScript(closeAtOnce)).url, 'closed the connection'],
    ['it resets', async () => (await serveScript(resetAtOnce)).url, 'closed the connection'],
    ['it is not HTTP', async () => await greetingUrl('http'), 'does not speak HTTP/1.1'],
    [
      'it does not speak TLS',
      async () => await greetingUrl('https'),
      'it does not speak TLS. Does it expect http in the URL',
    ],
  ])('says what to do if %s', async (_name, start, reason) => {
    const url = await start();
    await expect(httpOf(url, {}).get('/')).rejects.toMatchObject({
      code: 'target_unreachable',
      // One line, with the address.
      message: expect.stringMatching(new RegExp(`^${url} cannot be reached\\. .*${reason}.*$`)) as string,
      hint: expect.stringContaining('--url') as string,
    });
  });

  it('does not wait forever, whether nothing arrives or only a beginning', async () => {
    const silent = await serveScript(() => undefined);
    const halting = await serveScript((exchange) =>
      exchange.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'),
    );
    for (const { url } of [silent, halting]) {
      await expect(httpOf(url, {}, { patienceMs: 60 }).get('/')).rejects.toMatchObject({
        code: 'target_unreachable',
        message: expect.stringMatching(/did not answer within 60 ms\.$/) as string,
      });
    }
  });
});

describe('jsonOf', () => {
  it('is undefined for what is not JSON', () => {
    const answer = { status: 200, headers: {} };
    expect(jsonOf({ ...answer, text: '<html>' })).toBeUndefined();
    expect(jsonOf({ ...answer, text: '{"a":1}' })).toEqual({ a: 1 });
  });
});

function closeAtOnce(exchange: ScriptedExchange): void {
  exchange.close();
}

function resetAtOnce(exchange: ScriptedExchange): void {
  exchange.reset();
}

/** A server that greets first, as those for mail do. */
async function greetingUrl(protocol: 'http' | 'https'): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).end('220 mail.example.org ESMTP ready\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return `${protocol}://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
