import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { Client, type Dispatcher, errors } from 'undici';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { connectionFailure, isClosedByServer } from '../../../../src/core/bench/client/connection-failure.js';
import type { ScriptedExchange, ScriptedHttpServer } from '../../../support/scripted-http-server.js';
import { until } from '../../../support/until.js';
import { goodAnswer, serve } from './client-setup.js';

/**
 * The behaviour of undici that connection.ts, exchange.ts and connection-failure.ts rely on although it is not documented.
 * When a new version of undici fails here, adapt the named file before you use that version.
 */

const { version } = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('undici/package.json'), 'utf8')) as {
  version: string;
};

/** The sentence to fail with. */
function broken(file: string, expected: string): string {
  return `undici ${version} behaves differently from what ${file} relies on: ${expected}`;
}

/** Waits for what must happen, or fails with the sentence. */
async function expectSoon(probe: () => boolean, file: string, expected: string): Promise<void> {
  await until(probe, expected, 20_000).catch((error: unknown) => {
    throw new Error(broken(file, expected), { cause: error });
  });
}

const request = { method: 'POST', path: '/', headers: {}, body: '{}' } as const;

interface Seen {
  /** Calls of the handler, of the socket and of the connector, in their order. */
  readonly events: string[];
  readonly errors: Error[];
}

/** A handler that records its calls. */
function handlerOf({ events, errors: seen }: Seen): Dispatcher.DispatchHandler {
  return {
    onRequestStart: () => void events.push('request start'),
    onResponseStart: () => void events.push('response start'),
    onResponseData: () => void events.push('data'),
    onResponseEnd: () => void events.push('end'),
    onResponseError: (_controller, error) => {
      events.push('error');
      seen.push(error);
    },
  };
}

/** An open socket to the server. */
async function socketTo(server: ScriptedHttpServer, options: Partial<TcpNetConnectOpts> = {}): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect({ host: hostname, port: Number(port), ...options });
  socket.on('error', () => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return socket;
}

/** A client on this socket, handed over as connection.ts does it: in a microtask. */
function clientOn(socket: Socket, server: ScriptedHttpServer, { events }: Seen): Client {
  const client = new Client(server.url, {
    connect: (_options, callback) => {
      events.push('connect');
      queueMicrotask(() => {
        callback(null, socket);
      });
    },
  });
  onTestFinished(() => client.destroy());
  return client;
}

/** The result of one request to a server with this script. */
async function seenOf(script: (exchange: ScriptedExchange) => void | Promise<void>): Promise<Seen> {
  const server = await serve(script);
  const seen: Seen = { events: [], errors: [] };
  clientOn(await socketTo(server), server, seen).dispatch(request, handlerOf(seen));
  await until(() => seen.events.some((event) => event === 'end' || event === 'error'), 'the end of the request');
  return seen;
}

describe('undici', () => {
  it('asks for a connection at the first request, once, and takes one that is handed over in a microtask', async () => {
    const server = await serve(goodAnswer);
    const seen: Seen = { events: [], errors: [] };
    const client = clientOn(await socketTo(server), server, seen);
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen.events, broken('connection.ts', 'no connection is asked for before the first request')).toEqual([]);
    for (const round of [1, 2]) {
      client.dispatch(request, handlerOf(seen));
      const ends = (): number => seen.events.filter((event) => event === 'end').length;
      await expectSoon(() => ends() === round, 'connection.ts', 'a connection handed over in a microtask is used');
    }
    const asked = seen.events.filter((event) => event === 'connect').length;
    expect(asked, broken('connection.ts', 'an open connection is used again')).toBe(1);
    expect(server.connections).toBe(1);
  });

  it('passes on the error with which a connection is denied', async () => {
    const server = await serve(goodAnswer);
    const seen: Seen = { events: [], errors: [] };
    const denial = Object.assign(new Error('gone'), { code: 'ECONNRESET' });
    const client = new Client(server.url, {
      connect: (_options, callback) => {
        queueMicrotask(() => {
          callback(denial, null);
        });
      },
    });
    onTestFinished(() => client.destroy());
    client.dispatch(request, handlerOf(seen));
    await expectSoon(() => seen.errors.length > 0, 'connection.ts', 'a denied connection ends the request');
    expect(seen.errors, broken('connection.ts', 'the request ends with the error of the connector')).toEqual([denial]);
  });

  it('calls onRequestStart right before it writes the request to the socket', async () => {
    const server = await serve(goodAnswer);
    const seen: Seen = { events: [], errors: [] };
    const socket = await socketTo(server);
    const write = vi.spyOn(socket, 'write').mockImplementation((...args) => {
      seen.events.push('write');
      write.mockRestore();
      return socket.write(...args);
    });
    clientOn(socket, server, seen).dispatch(request, handlerOf(seen));
    await until(() => seen.events.includes('end'), 'the end of the answer');
    const [, ...afterConnect] = seen.events;
    expect(
      afterConnect.slice(0, 2),
      broken('exchange.ts', 'the request is written right after onRequestStart'),
    ).toEqual(['request start', 'write']);
  });

  it("takes what a socket's read returns, within each 'readable', until there is nothing", async () => {
    const server = await serve(goodAnswer);
    const seen: Seen = { events: [], errors: [] };
    const sizes: unknown[] = [];
    const withinReadable: boolean[] = [];
    const unread: Buffer[] = [];
    const buffer = Buffer.alloc(64 * 1024);
    const onread = {
      buffer,
      callback: (length: number): boolean => {
        unread.push(Buffer.from(buffer.subarray(0, length)));
        const before = seen.events.length;
        socket.emit('readable');
        withinReadable.push(unread.length === 0 && seen.events.length > before);
        return true;
      },
    };
    const socket = await socketTo(server, { onread });
    const read = socket.read.bind(socket);
    socket.read = (size?: number): unknown => {
      if (size !== undefined) return read(size);
      sizes.push(size);
      return unread.shift() ?? null;
    };
    clientOn(socket, server, seen).dispatch(request, handlerOf(seen));
    await expectSoon(
      () => seen.events.includes('end'),
      'connection.ts',
      "an answer is read with socket.read() when the socket emits 'readable'",
    );
    expect(sizes.length, broken('connection.ts', 'read is called without a size')).toBeGreaterThan(0);
    expect(
      withinReadable.every((each) => each),
      broken('connection.ts', "what arrived is parsed before emit('readable') returns"),
    ).toBe(true);
  });
});

describe("undici's errors", () => {
  const file = 'connection-failure.ts';

  it.each<[string, (exchange: ScriptedExchange) => void]>([
    [
      'closes',
      (exchange) => {
        exchange.close();
      },
    ],
    [
      'resets',
      (exchange) => {
        exchange.reset();
      },
    ],
  ])('show that the server %s the connection', async (_name, script) => {
    const {
      errors: [error],
    } = await seenOf(script);
    expect(isClosedByServer(error), broken(file, 'the error has a code that is known for a closed connection')).toBe(
      true,
    );
  });

  it('have the code UND_ERR_INFO where undici itself gives up a connection', () => {
    expect(isClosedByServer(new errors.InformationalError('reset')), broken(file, 'UND_ERR_INFO')).toBe(true);
  });

  it('show what is not HTTP', async () => {
    const {
      errors: [error],
    } = await seenOf((exchange) => exchange.write('SSH-2.0-OpenSSH_9.6\r\n'));
    expect(error, broken(file, 'an answer that is not HTTP ends with HTTPParserError')).toBeInstanceOf(
      errors.HTTPParserError,
    );
    expect(connectionFailure(error, 'host:80').code).toBe('http_protocol_error');
  });

  it('show a header that cannot be sent', async () => {
    const server = await serve(goodAnswer);
    const seen: Seen = { events: [], errors: [] };
    const client = clientOn(await socketTo(server), server, seen);
    let error: unknown;
    try {
      client.dispatch({ ...request, headers: { 'no header': 'x' } }, handlerOf(seen));
    } catch (thrown) {
      error = thrown;
    }
    await until(() => error !== undefined || seen.errors.length > 0, 'the error');
    const { code } = connectionFailure(error ?? seen.errors[0], 'host:80');
    expect(code, broken(file, 'an invalid header has the code UND_ERR_INVALID_ARG')).toBe('invalid_request');
  });
});
