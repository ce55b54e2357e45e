import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { chat, type TestApp, testApp, until } from '../../../support/app.js';
import { RawClient } from '../../../support/raw-client.js';
import { listen } from '../../../support/stream-client.js';

/** More than the buffers of two sockets. */
const bigBytes = 64 * 1024 * 1024;

interface Reading extends TestApp {
  readonly client: RawClient;
  readonly open: () => Promise<number>;
}

/** A client that has asked for more than it reads. */
async function reading(writeTimeoutMs: number): Promise<Reading> {
  const made = await testApp({ server: { writeTimeoutMs } });
  made.app.get('/big', () => 'x'.repeat(bigBytes));
  const client = new RawClient(`http://127.0.0.1:${await listen(made.app)}`);
  const open = (): Promise<number> =>
    new Promise((resolve, reject) => {
      made.app.server.getConnections((error, count) => {
        if (error === null) resolve(count);
        else reject(error);
      });
    });
  client.pause().write('GET /big HTTP/1.1\r\nHost: x\r\n\r\n');
  return { ...made, client, open };
}

it('cuts off a client that does not read a whole answer', async () => {
  const { app, client, open } = await reading(50);
  let isOver = false;
  app.server.once('request', (_request, response: NodeJS.EventEmitter) => {
    response.once('close', () => (isOver = true));
  });
  await until(() => isOver, 'the answer to be given up');
  client.resume();
  await client.closed;
  expect(client.received.length).toBeLessThan(bigBytes);
  expect(await open()).toBe(0);
});

it('leaves a client alone that has read everything', async () => {
  const { client } = await reading(10_000);
  client.resume();
  await until(() => client.received.length > bigBytes, 'the whole answer');
  client.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => client.received.endsWith('{"status":"alive"}'), 'the next answer');
  expect(client.isClosed).toBe(false);
});

it('gives the next request on the same connection its own time', async () => {
  const { app, inference } = await testApp();
  const client = new RawClient(`http://127.0.0.1:${await listen(app)}`);
  const connected = new Promise<Socket>((resolve) => app.server.once('connection', resolve));
  client.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n').post('/v1/chat/completions', chat('hi'));
  await until(() => inference.running === 1 && client.received.includes('alive'));
  expect((await connected).timeout).toBe(0);
});
