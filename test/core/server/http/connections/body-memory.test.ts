import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { BodyMemory, bodyMemoryBytes } from '../../../../../src/core/server/http/connections/body-memory.js';
import { testApp, until } from '../../../../support/app.js';
import { RawClient } from '../../../../support/raw-client.js';
import { listen } from '../../../../support/stream-client.js';

const megabyte = 1024 ** 2;

describe('the memory for bodies', () => {
  it('is a sixteenth of all memory, with room for some of the longest', () => {
    expect(bodyMemoryBytes(64 * 1024 * megabyte, megabyte)).toBe(4096 * megabyte);
    expect(bodyMemoryBytes(512 * megabyte, megabyte)).toBe(128 * megabyte);
    expect(bodyMemoryBytes(512 * megabyte, 32 * megabyte)).toBe(256 * megabyte);
  });
});

describe('bodies that together take more than there is for them', () => {
  /** Bodies by name, and the names of those that were dropped. */
  function bodies(): {
    readonly memory: BodyMemory;
    readonly dropped: readonly string[];
    readonly begin: (owner: string, name: string) => void;
    readonly grow: (name: string, bytes: number) => void;
    readonly wait: (name: string) => void;
  } {
    const memory = new BodyMemory(100);
    const dropped: string[] = [];
    const requests = new Map<string, IncomingMessage>();
    const of = (name: string): IncomingMessage => {
      const request = requests.get(name) ?? new IncomingMessage(new Socket());
      requests.set(name, request);
      return request;
    };
    const dropOf = (name: string) => (): void => {
      dropped.push(name);
    };
    return {
      memory,
      dropped,
      begin: (owner, name) => {
        memory.begin(of(name), owner, dropOf(name));
      },
      grow: (name, bytes) => {
        memory.grow(of(name), bytes);
      },
      wait: (name) => {
        memory.wait(of(name), dropOf(`waiting ${name}`));
      },
    };
  }

  it('cost the client with the most of them the one for which nothing has come for longest', () => {
    const { memory, dropped, begin, grow } = bodies();
    for (const name of ['a', 'b', 'c', 'empty']) begin('many', name);
    begin('one', 'd');
    for (const name of ['a', 'b', 'c', 'a']) grow(name, 20);
    grow('d', 20);
    expect(dropped).toEqual([]);
    grow('d', 10);
    expect(dropped).toEqual(['b']);
    expect(memory.bytes).toBe(90);
    grow('b', 1000);
    expect(memory.bytes).toBe(90);
  });

  it('cost it the last one if all have arrived', () => {
    const { memory, dropped, begin, grow, wait } = bodies();
    for (const name of ['a', 'b', 'c']) {
      begin('many', name);
      grow(name, 30);
      wait(name);
    }
    begin('one', 'd');
    grow('d', 20);
    expect(dropped).toEqual(['waiting c']);
    expect(memory.bytes).toBe(80);
  });
});

describe('a server', () => {
  const head = (length: number): string =>
    `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

  it('drops bodies that never end rather than keep more than it has memory for, and answers others', async () => {
    const { app } = await testApp({ bodyMemoryBytes: 4 * megabyte });
    const port = await listen(app);
    const url = `http://127.0.0.1:${port}`;
    const clients = Array.from({ length: 8 }, () => new RawClient(url));
    for (const client of clients) client.write(`${head(megabyte)}{"a":"${'x'.repeat(megabyte - 100)}`);
    const dropped = (): readonly RawClient[] => clients.filter(({ isClosed }) => isClosed);
    await until(() => dropped().length === 4, 'four to be dropped');
    for (const { received } of dropped()) {
      expect(received).toMatch(/^HTTP\/1\.1 503 /);
      expect(received).toMatch(/^connection: close$/im);
      expect(received).toContain('"code":"too_many_connections"');
      expect(received).toContain('All bodies together may take 4.0 MiB');
    }
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ padding: 'x'.repeat(500_000) }),
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { param: 'messages' } });
    for (const client of clients) client.vanish();
  });

  it('counts what the pieces of a body take, however short they are', async () => {
    const { app } = await testApp({ bodyMemoryBytes: 4 * megabyte });
    const client = new RawClient(`http://127.0.0.1:${await listen(app)}`);
    client.write(head(0).replace('Content-Length: 0', 'Transfer-Encoding: chunked'));
    client.write('1\r\nx\r\n'.repeat(20_000));
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 503 /);
  });

  it('has room again for others when bodies are read, refused or given up by their clients', async () => {
    const { app, ask } = await testApp({ bodyMemoryBytes: 4 * megabyte });
    const url = `http://127.0.0.1:${await listen(app)}`;
    for (let round = 0; round < 5; round += 1) {
      const client = new RawClient(url).write(`${head(megabyte)}{"a":"${'x'.repeat(megabyte - 100)}`);
      await until(() => client.isFlushed, 'it to be sent');
      client.vanish();
      await client.closed;
      const bodies = [0, 1, 2].map(() => ask('/v1/chat/completions', { padding: 'x'.repeat(900_000) }));
      const statuses = (await Promise.all(bodies)).map(({ statusCode }) => statusCode);
      expect(statuses).toEqual([400, 400, 400]);
      expect((await ask('/v1/chat/completions', 'x'.repeat(2 * megabyte))).statusCode).toBe(413);
    }
  });
});
