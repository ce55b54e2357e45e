import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, createTestApp, type TestApp, until } from '../../../support/app.js';
import { ScriptedEngine } from '../../../support/scripted-engine.js';
import { openStream, type StreamClient } from '../../../support/stream-client.js';
import { parseStream } from '../../../support/stream-parts.js';

/** More than any socket accepts at once. */
const paragraph = 'x'.repeat(200_000);

interface SlowReading extends TestApp {
  readonly client: StreamClient;
  readonly response: ServerResponse;
  /** What was sent, in the order of the rounds. */
  readonly said: readonly string[];
  /** A round with much text. */
  readonly sayMuch: () => void;
  /** Sends these until the socket is full. */
  readonly fill: () => Promise<void>;
}

const engine = new ScriptedEngine();
const impatientEngine = new ScriptedEngine();
let patient: TestApp;
let impatient: TestApp;

beforeAll(async () => {
  patient = await createTestApp({ makeEngine: () => engine, server: { writeTimeoutMs: 0 } });
  impatient = await createTestApp({ makeEngine: () => impatientEngine, server: { writeTimeoutMs: 50 } });
});

afterEach(() => {
  for (const { app, inference } of [patient, impatient]) {
    inference.abandonRunning();
    app.server.closeAllConnections();
  }
});

afterAll(async () => {
  await patient.close();
  await impatient.close();
});

/** A client that has read the first word of its answer, and reads no more. */
async function pausedReading(made: TestApp, engine: ScriptedEngine): Promise<SlowReading> {
  const requested = new Promise<ServerResponse>((resolve) => {
    made.app.server.once('request', (_request, response: ServerResponse) => {
      resolve(response);
    });
  });
  const client = await openStream(made.app, chat('hi'));
  await until(() => made.inference.running === 1);
  const response = await requested;
  const said = ['first '];
  engine.say('first ');
  await client.arrived('first');
  client.pause();
  const sayMuch = (): void => {
    const text = `${said.length} ${paragraph} `;
    said.push(text);
    engine.say(text);
  };
  const fill = (): Promise<void> => fillSocket(response, sayMuch);
  return { ...made, client, response, said, sayMuch, fill };
}

/** The same when its socket is full. */
async function slowReading(made: TestApp, engine: ScriptedEngine): Promise<SlowReading> {
  const reading = await pausedReading(made, engine);
  await reading.fill();
  return reading;
}

/**
 * Until nothing more gets through, because the system's buffers still accept data for a while, or until the client has
 * been cut off.
 */
async function fillSocket(response: ServerResponse, sayMuch: () => void): Promise<void> {
  for (let stuck = 0; stuck < 20 && !response.destroyed; stuck += 1) {
    if (response.socket?.writableNeedDrain !== true) {
      sayMuch();
      stuck = 0;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Until the client has taken what was on its way. Later pieces of a stream go straight to the socket. */
async function drained({ socket }: ServerResponse): Promise<void> {
  if (socket === null) throw new Error('The connection is gone.');
  await once(socket, 'drain');
}

function contents(body: string): string[] {
  const found: string[] = [];
  for (const part of parseStream(body)) {
    if (part.type !== 'data') continue;
    const { choices } = part.data;
    const text = /"content":"([^"]+)"/.exec(JSON.stringify(choices))?.[1];
    if (text !== undefined) found.push(text);
  }
  return found;
}

describe('a slow reader', () => {
  it('does not hold up its generation', async () => {
    const { inference, sayMuch, client, said } = await slowReading(patient, engine);
    for (let round = 0; round < 20; round += 1) sayMuch();
    engine.end('last');
    expect(inference.running).toBe(0);
    expect(client.body).not.toContain('last');
    client.resume();
    expect(contents(await client.finished()).join('')).toBe(`${said.join('')}last`);
  });

  it('gets in one chunk what was generated while its socket was full', async () => {
    const { sayMuch, client, response, said } = await slowReading(patient, engine);
    const before = said.length;
    for (let round = 0; round < 10; round += 1) sayMuch();
    const merged = said.slice(before).join('');
    client.resume();
    await drained(response);
    engine.say('and then ');
    engine.end('the end');
    const texts = contents(await client.finished());
    expect(texts).toEqual([...said.slice(0, before), merged, ...texts.slice(before + 1)]);
    expect(texts.slice(before + 1).join('')).toBe('and then the end');
  });

  it('gets a text per round again once it has caught up', async () => {
    const { sayMuch, client, response, said } = await slowReading(patient, engine);
    const before = said.length;
    sayMuch();
    client.resume();
    await drained(response);
    await until(() => response.writableLength === 0);
    engine.say('two ');
    engine.say('three ');
    engine.end('four');
    const texts = contents(await client.finished());
    expect(texts.slice(before + 1)).toEqual(['two ', 'three ', 'four']);
  });

  it('is told how its generation failed, after all of its text', async () => {
    const { client, said } = await slowReading(patient, engine);
    engine.fail('engine_failed', 'It broke.');
    client.resume();
    const body = await client.finished();
    expect(contents(body).join('')).toBe(said.join(''));
    expect(parseStream(body).at(-2)).toMatchObject({ data: { error: { code: 'engine_failed' } } });
  });

  it('is watched by one listener, however often its socket fills up', async () => {
    const { fill, client, response } = await slowReading(patient, engine);
    for (let time = 0; time < 3; time += 1) {
      client.resume();
      await drained(response);
      client.pause();
      await fill();
    }
    expect(response.listenerCount('timeout')).toBe(1);
  });
});

describe('a client that never reads', () => {
  it('is cut off after the write timeout, and its slot is free', async () => {
    const { inference, response, client, log } = await slowReading(impatient, impatientEngine);
    await until(() => response.closed, 'the end of the connection');
    expect(inference.running).toBe(0);
    expect(log).toContainEqual(expect.objectContaining({ outcome: 'cancelled_running' }));
    client.resume();
    await client.finished();
    expect(client.state).toBe('cut off');
  });

  it('is cut off after the write timeout when its generation has long ended', async () => {
    const { inference, response, client, log, sayMuch } = await pausedReading(impatient, impatientEngine);
    // All at once, so that the end cannot come too late: far more than sockets accept.
    for (let round = 0; round < 200; round += 1) sayMuch();
    impatientEngine.end('last');
    expect(inference.running).toBe(0);
    await until(() => response.closed, 'the end of the connection');
    expect(log).toContainEqual(expect.objectContaining({ outcome: 'completed' }));
    client.resume();
    expect(await client.finished()).not.toContain('[DONE]');
    expect(client.state).toBe('cut off');
  });

  it('does not affect others', async () => {
    const { app, inference, sayMuch } = await slowReading(patient, engine);
    const other = await openStream(app, chat('hello'));
    await until(() => inference.running === 2);
    sayMuch();
    await other.arrived(paragraph.slice(0, 100));
    engine.end();
    await other.finished();
    expect(other.state).toBe('ended');
  });
});
