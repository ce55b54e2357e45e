import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { chat, type TestApp, testApp, until } from '../../support/app.js';
import { ScriptedEngine } from '../../support/scripted-engine.js';
import { listen, openStream } from '../../support/stream-client.js';

interface Closing extends TestApp {
  readonly script: ScriptedEngine;
  /** How many requests have arrived. */
  readonly arrivals: () => number;
  readonly open: () => Promise<Socket>;
}

async function server(): Promise<Closing> {
  const script = new ScriptedEngine();
  const made = await testApp({ makeEngine: () => script });
  let arrived = 0;
  made.app.server.on('request', () => (arrived += 1));
  return { ...made, script, arrivals: () => arrived, open: async () => connect(await listen(made.app)) };
}

function post(body: object): string {
  const json = JSON.stringify(body);
  const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json';
  return `${head}\r\ncontent-length: ${json.length}\r\n\r\n${json}`;
}

describe('a server that closes', () => {
  it('waits until a slow reader has its whole answer', async () => {
    const { app, script, inference } = await server();
    const client = await openStream(app, chat('hi'));
    await until(() => inference.running === 1);
    script.say('first');
    await client.arrived('first');
    client.pause();
    for (let round = 0; round < 100; round += 1) script.say('x'.repeat(100_000));
    script.end('last');
    const closing = app.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(client.body.includes('last')).toBe(false);
    client.resume();
    expect((await client.finished()).includes('last"')).toBe(true);
    expect(client.state).toBe('ended');
    await closing;
  });

  it('sets no time limit of its own for that', async () => {
    const { app } = await server();
    expect(app.initialConfig.pluginTimeout).toBe(0);
  });

  it('does not wait for a client that has left', async () => {
    const { app, inference } = await server();
    const client = await openStream(app, chat('hi'));
    await until(() => inference.running === 1);
    const closing = app.close();
    client.leave();
    await closing;
    expect(inference.running).toBe(0);
  });

  it('does not wait for the requests that a client that has left sent over one connection', async () => {
    const { app, inference, open } = await server();
    const socket = await open();
    socket.write(post(chat('hi')).repeat(3));
    await until(() => inference.running === 3);
    const closing = app.close();
    socket.destroy();
    await closing;
    expect(inference.running).toBe(0);
  });

  it('does not wait for half a request', async () => {
    const { app, open, arrivals } = await server();
    const socket = await open();
    socket.write(post(chat('hi')).slice(0, -1));
    await until(() => arrivals() === 1);
    await app.close();
    expect(await text(socket)).toBe('');
  });

  it('does not wait for connections without a request', async () => {
    const { app, open, arrivals } = await server();
    const silent = await open();
    const idle = await open();
    idle.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n');
    await until(() => arrivals() === 1);
    await app.close();
    expect(await text(idle)).toContain('alive');
    expect(await text(silent)).toBe('');
  });

  it('refuses further requests as a draining server does', async () => {
    const { app, script, inference, open, arrivals } = await server();
    const socket = await open();
    socket.write(post(chat('hi')));
    await until(() => inference.running === 1);
    void inference.drain();
    void app.close();
    socket.write(post(chat('hi')));
    await until(() => arrivals() === 2);
    script.end('bye');
    const answers = await text(socket);
    expect(answers).toContain('"content":"bye"');
    expect(answers).toMatch(/HTTP\/1\.1 503 Service Unavailable\r\n[^]*retry-after: 1\r\n[^]*"code":"draining"/);
  });
});
