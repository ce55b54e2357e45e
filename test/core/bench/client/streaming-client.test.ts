import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { microsNow } from '../../../../src/core/base/micros.js';
import type { RequestOutcome } from '../../../../src/core/bench/client/outcome.js';
import {
  createStreamingClient,
  type StreamingClient,
  type StreamingClientOptions,
} from '../../../../src/core/bench/client/streaming-client.js';
import { deadUrl } from '../../../support/dead-url.js';
import { type ScriptedExchange, ScriptedHttpServer } from '../../../support/scripted-http-server.js';
import { selfSigned } from '../../../support/self-signed.js';
import { until } from '../../../support/until.js';

const token = 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}\n\n';
const stop = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n';
const done = 'data: [DONE]\n\n';
const eventStream = ['Content-Type: text/event-stream'];
const json = ['Content-Type: application/json'];

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(
  script: (exchange: ScriptedExchange) => void | Promise<void>,
  tls: typeof selfSigned | null = null,
): Promise<ScriptedHttpServer> {
  const server = await ScriptedHttpServer.start(script, tls);
  cleanups.push(() => server.stop());
  return server;
}

function clientOf(url: string, options: Partial<StreamingClientOptions> = {}): StreamingClient {
  const client = createStreamingClient({ url: `${url}/v1/chat/completions`, headers: {}, timeoutMs: 0, ...options });
  cleanups.push(() => client.close());
  return client;
}

/** What becomes of one request to a server with this script. */
async function outcomeOf(
  script: (exchange: ScriptedExchange) => void | Promise<void>,
  options: Partial<StreamingClientOptions> = {},
): Promise<RequestOutcome> {
  const server = await serve(script);
  return await clientOf(server.url, options).send('{}', microsNow());
}

const goodAnswer = async (exchange: ScriptedExchange): Promise<void> => {
  await exchange.stream(token, token, stop, done);
};

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

describe('an answer that is no stream', () => {
  const error = (code: string | number | null): string =>
    JSON.stringify({ error: { code, message: 'Come\nback  later.' } });

  it.each([
    [
      '429 Too Many Requests',
      [...json, 'Retry-After: 2'],
      error('queue_full'),
      'refused',
      'queue_full',
      'Come back later.',
    ],
    ['503 Service Unavailable', json, error(null), 'refused', 'http_503', 'Come back later.'],
    ['400 Bad Request', json, error(400), 'failed', 'http_400', 'Come back later.'],
    ['422 Unprocessable Entity', json, '{"detail":"No such field."}', 'failed', 'http_422', 'No such field.'],
    [
      '502 Bad Gateway',
      ['Content-Type: text/html'],
      '<html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>',
      'failed',
      'http_502',
      '502 Bad Gateway',
    ],
    ['500 Internal Server Error', [], '', 'failed', 'http_500', 'The server answered with status 500 and no message.'],
    [
      '307 Temporary Redirect',
      ['Location: /v2'],
      '',
      'failed',
      'http_307',
      'The server redirects to /v2: use that URL.',
    ],
    ['200 OK', json, error('overloaded'), 'failed', 'overloaded', 'Come back later.'],
  ] as const)('%s %j %j', async (httpStatus, headers, body, status, code, message) => {
    const outcome = await outcomeOf((exchange) => exchange.answer(httpStatus, headers, body));
    expect(outcome).toMatchObject({ status, code, message });
  });

  it('but a whole one means that streaming was ignored', async () => {
    const outcome = await outcomeOf((exchange) =>
      exchange.answer('200 OK', json, '{"object":"chat.completion","choices":[{"message":{"content":"Hi"}}]}'),
    );
    expect(outcome).toMatchObject({ status: 'failed', code: 'not_streaming' });
    expect(outcome).toHaveProperty('message', expect.stringContaining('application/json'));
  });

  it('leaves the connection fit for the next request', async () => {
    const server = await serve((exchange) =>
      server.exchanges.length === 1 ? exchange.answer('429 Too Many Requests', json, '{}') : goodAnswer(exchange),
    );
    const client = clientOf(server.url);
    expect(await client.send('{}', microsNow())).toMatchObject({ status: 'refused', code: 'http_429' });
    expect(await client.send('{}', microsNow())).toMatchObject({ status: 'completed', reconnects: 0 });
    expect(server.connections).toBe(1);
  });

  it('is not read to its end if it has none', async () => {
    const outcome = await outcomeOf(async (exchange) => {
      await exchange.write('HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\n');
      for (let line = 0; !exchange.socket.destroyed; line += 1) await exchange.write('It went wrong. '.repeat(200));
    });
    expect(outcome).toMatchObject({ status: 'failed', code: 'http_500' });
    expect(outcome).toHaveProperty('message', expect.stringMatching(/^It went wrong\. .{200,285}…$/));
  });
});

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

  it('on which something came unasked are replaced', async () => {
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

  it('on which a part of the answer came are not replaced', async () => {
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

describe('https', () => {
  it('streams', async () => {
    // The certificate is its own authority, and Node takes further ones only at its start.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const server = await serve(goodAnswer, selfSigned);
    const client = clientOf(server.url);
    await client.connect(2);
    expect(await client.send('{}', microsNow())).toMatchObject({ status: 'completed', tokenChunks: 2 });
    expect(await client.send('{}', microsNow())).toMatchObject({ status: 'completed', reconnects: 0 });
    expect(server.connections).toBe(2);
    vi.restoreAllMocks();
  });

  it('fails with a certificate that nobody vouches for', async () => {
    const server = await serve(goodAnswer, selfSigned);
    expect(await clientOf(server.url).send('{}', microsNow())).toMatchObject({ status: 'failed', code: 'tls_error' });
  });

  it('fails with a server that does not speak it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(async () => {
      server.close();
      await once(server, 'close');
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const outcome = await clientOf(`https://127.0.0.1:${String(port)}`).send('{}', microsNow());
    expect(outcome).toMatchObject({ status: 'failed', code: 'tls_error' });
  });
});

describe('the time limit', () => {
  /** Asks again if it was over: for a machine that stands still for a moment, it is short. */
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
    // None of them on one that a time limit has broken.
    expect(new Set(server.exchanges.map(({ connection }) => connection)).size).toBe(server.exchanges.length);
  });

  it('ends a request that is not answered at all, also on a kept connection', async () => {
    const server = await serve((exchange) => (exchange.body === '{"good":true}' ? goodAnswer(exchange) : undefined));
    const client = clientOf(server.url, { timeoutMs: 60 });
    await untilAnswered(client, '{"good":true}');
    expect(await client.send('{}', microsNow())).toMatchObject({ status: 'timed_out', reconnects: 0 });
  });

  it('ends the wait for a connection', async () => {
    // A server that accepts and says nothing never ends the handshake.
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
