import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { chat, type TestApp, testApp, until } from '../../support/app.js';
import { listen, openStream } from '../../support/stream-client.js';

/** One slot, and enough time to leave. */
function busyApp(): Promise<TestApp> {
  return testApp({ engine: { reply: 'long', tokenMs: 1000 }, queue: { maxConcurrency: 1 } });
}

const endless = { max_tokens: 4000 };

function outcomes({ log }: TestApp): unknown[] {
  return log.flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome]));
}

interface Connection {
  readonly socket: Socket;
  /** Sends one more request, without waiting for an answer. */
  readonly send: () => void;
}

/** One connection that sends the same request repeatedly. */
async function connection({ app }: TestApp, request: object): Promise<Connection> {
  const body = JSON.stringify(request);
  const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json';
  const socket = connect(await listen(app));
  return {
    socket,
    send: () => {
      socket.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    },
  };
}

describe('a client that leaves', () => {
  it('gives its slot to the next in line', async () => {
    const made = await busyApp();
    const { app, inference, clock } = made;
    const first = await openStream(app, chat('hi', endless));
    await until(() => inference.running === 1);
    await clock.advanceAsync(1020);
    await first.arrived('" 2"');
    const second = await openStream(app, chat('hi', { max_tokens: 1 }));
    await until(() => inference.waiting === 1);
    first.leave();
    await until(() => inference.waiting === 0);
    expect(inference.running).toBe(1);
    await clock.advanceAsync(20);
    expect(await second.finished()).toContain('[DONE]');
    expect(outcomes(made)).toEqual(['cancelled_running', 'completed']);
  });

  it('frees its slot even before its first token', async () => {
    const made = await busyApp();
    const { app, inference } = made;
    const client = await openStream(app, chat('hi', endless));
    await until(() => inference.running === 1);
    client.leave();
    await until(() => inference.running === 0);
    expect(outcomes(made)).toEqual(['cancelled_running']);
  });

  it('leaves the queue at once', async () => {
    const made = await busyApp();
    const { app, inference } = made;
    await openStream(app, chat('hi', endless));
    await until(() => inference.running === 1);
    const client = await openStream(app, chat('hi'));
    await until(() => inference.waiting === 1);
    client.leave();
    await until(() => inference.waiting === 0);
    expect(outcomes(made)).toEqual(['cancelled_waiting']);
  });

  it('leaves the queue at once, even after it was told its place', async () => {
    const made = await busyApp();
    const { app, inference, clock } = made;
    await openStream(app, chat('hi', endless));
    await until(() => inference.running === 1);
    const client = await openStream(app, chat('hi', { stream_options: { include_queue: true } }));
    await client.arrived('queued');
    client.leave();
    await until(() => inference.waiting === 0);
    await clock.advanceAsync(20_000);
    expect(outcomes(made)).toEqual(['cancelled_waiting']);
  });

  it('frees its slot when it waited for a whole answer', async () => {
    const made = await busyApp();
    const { inference } = made;
    const { socket, send } = await connection(made, chat('hi', endless));
    send();
    await until(() => inference.running === 1);
    socket.destroy();
    await until(() => inference.running === 0);
    expect(outcomes(made)).toEqual(['cancelled_running']);
  });

  it('ends all requests that it sent over one connection', async () => {
    const made = await testApp({ engine: { reply: 'long' }, queue: { maxConcurrency: 2 } });
    const { inference } = made;
    const { socket, send } = await connection(made, chat('hi', { ...endless, stream: true }));
    for (let time = 0; time < 3; time += 1) send();
    await until(() => inference.running === 2 && inference.waiting === 1);
    socket.destroy();
    await until(() => inference.running === 0 && inference.waiting === 0);
    expect(outcomes(made)).toHaveLength(3);
  });

  it('adds no listeners by sending many requests', async () => {
    const made = await testApp();
    const watchers: (() => number)[] = [];
    made.app.server.on('connection', (socket) => watchers.push(() => socket.listenerCount('close')));
    const { socket, send } = await connection(made, chat('hi', { max_tokens: 1 }));
    const answered = async (): Promise<number | undefined> => {
      send();
      await made.flyUntil(once(socket, 'data'));
      await until(() => made.inference.running === 0);
      return watchers[0]?.();
    };
    const afterFirst = await answered();
    await answered();
    expect(await answered()).toBe(afterFirst);
    socket.destroy();
  });
});
