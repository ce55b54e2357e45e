import { describe, expect, it, vi } from 'vitest';
import type { ConnectionLimits } from '../../../../../src/core/server/http/connections/connection-limits.js';
import { graceMs, mostPipelined } from '../../../../../src/core/server/http/connections/open-connections.js';
import { Metrics } from '../../../../../src/core/telemetry/metrics.js';
import { chat, type TestApp, testApp, until } from '../../../../support/app.js';
import { RawClient } from '../../../../support/raw-client.js';
import { listen } from '../../../../support/stream-client.js';

const path = '/v1/chat/completions';
const health = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n';

interface Crowd extends TestApp {
  /** Connects, and waits until the server has accepted. */
  readonly enter: () => Promise<RawClient>;
  /** Connects and begins a generation that does not end. */
  readonly stream: () => Promise<RawClient>;
  readonly counts: () => Promise<Readonly<Record<string, number>>>;
}

/** @param apartMs the time between two clients */
async function crowd(connections: Partial<ConnectionLimits>, apartMs = graceMs): Promise<Crowd> {
  const made = await testApp({ engine: { reply: 'long', slots: 8 }, queue: { maxConcurrency: 8 }, connections });
  const url = `http://127.0.0.1:${await listen(made.app)}`;
  let accepted = 0;
  made.app.server.on('connection', () => (accepted += 1));
  const enter = async (): Promise<RawClient> => {
    const before = accepted;
    const client = new RawClient(url);
    await until(() => accepted > before, 'the server to accept');
    made.clock.advance(apartMs);
    return client;
  };
  const stream = async (): Promise<RawClient> => {
    const before = made.inference.running;
    const client = (await enter()).post(path, { ...chat('hi'), stream: true });
    await until(() => made.inference.running > before, 'the generation to run');
    return client;
  };
  const counts = async (): Promise<Readonly<Record<string, number>>> => {
    const { body } = await made.get('/metrics');
    const found = body.matchAll(/^chatstream_http_connections(?:_closed_total)?\{\w+="(\w+)"\} (\d+)$/gm);
    return Object.fromEntries([...found].map(([, name = '', value]) => [name, Number(value)]));
  };
  return { ...made, enter, stream, counts };
}

describe('connections without a request', () => {
  it('make room for new ones, the one that was idle for longest first', async () => {
    const { enter, counts } = await crowd({ most: 3 });
    const [first, second, third] = [await enter(), await enter(), await enter()];
    first.write(health);
    await until(() => first.received.includes('alive'));
    await enter();
    await second.closed;
    await enter();
    await third.closed;
    expect(first.isClosed).toBe(false);
    expect(await counts()).toMatchObject({ active: 0 });
  });

  it('are bounded apart from the others', async () => {
    const { enter, stream } = await crowd({ most: 100, mostIdle: 2 });
    await stream();
    const first = await enter();
    await enter();
    const last = await enter();
    await first.closed;
    last.write(health);
    await until(() => last.received.includes('alive'));
  });

  it('include those whose headers are not complete', async () => {
    const { enter } = await crowd({ most: 1 });
    const slow = await enter();
    slow.write('GET /livez HTTP/1.1\r\nHost');
    const next = await enter();
    await slow.closed;
    next.write(health);
    await until(() => next.received.includes('alive'));
  });
});

describe('clients that connect at the same moment', () => {
  it('do not close each other’s connections before a request could be read', async () => {
    const { enter, clock } = await crowd({ most: 2, beyond: 1 }, 0);
    const first = await enter();
    const second = await enter();
    const beyond = await enter();
    const refused = await enter();
    await refused.closed;
    expect(refused.received).toContain('"code":"too_many_connections"');
    beyond.post(path, chat('hi'));
    await beyond.closed;
    expect(beyond.received).toMatch(/^HTTP\/1\.1 503 /);
    expect([first.isClosed, second.isClosed]).toEqual([false, false]);
    clock.advance(graceMs);
    await enter();
    await first.closed;
  });
});

describe('connections with a request', () => {
  it('are never closed to make room', async () => {
    const { enter, stream, clock } = await crowd({ most: 3, beyond: 0 });
    const streams = [await stream(), await stream()];
    for (let visitor = 0; visitor < 5; visitor += 1) await enter();
    expect(streams.map(({ isClosed }) => isClosed)).toEqual([false, false]);
    await clock.advanceAsync(100);
    await until(() => streams.every(({ received }) => received.includes('data: ')));
  });

  it('are counted as active, and as idle once they are answered', async () => {
    const { enter, stream, counts, flyUntil } = await crowd({ most: 3 });
    await enter();
    const client = (await stream()).write('');
    expect(await counts()).toMatchObject({ active: 1, idle: 1 });
    await flyUntil(until(() => client.received.includes('[DONE]')));
    await until(() => client.received.endsWith('0\r\n\r\n'));
    expect(await counts()).toMatchObject({ active: 0, idle: 2 });
  });
});

describe('a server whose connections all have requests', () => {
  it('refuses further ones with 503 and Retry-After, after it has read them', async () => {
    const { enter, stream } = await crowd({ most: 2 });
    await stream();
    await stream();
    const client = (await enter()).post(path, chat('hi'));
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
    expect(client.received).toMatch(/^retry-after: 1\r$/im);
    expect(client.received).toMatch(/^connection: close\r$/im);
    expect(client.received).toContain('"code":"too_many_connections"');
  });

  it('counts each connection that it refuses once', async () => {
    const { enter, stream, counts } = await crowd({ most: 1 });
    await stream();
    const client = (await enter()).post(path, chat('hi')).post(path, chat('hi'));
    await client.closed;
    expect(await counts()).toMatchObject({ refused: 1, idle: 0 });
  });

  it('still answers health checks, and closes their connections', async () => {
    const { enter, stream, counts } = await crowd({ most: 1, beyond: 1 });
    await stream();
    for (let check = 0; check < 3; check += 1) {
      const client = (await enter()).write(health);
      await client.closed;
      expect(client.received).toMatch(/^HTTP\/1\.1 200 [^]*^connection: close\r$[^]*alive/im);
    }
    expect(await counts()).toMatchObject({ refused: 0 });
  });

  it('answers health checks however many further connections are silent', async () => {
    const { enter, stream, counts } = await crowd({ most: 1, beyond: 2 });
    await stream();
    const [first, second] = [await enter(), await enter()];
    expect(await counts()).toMatchObject({ active: 1, idle: 2 });
    const client = (await enter()).write(health);
    await client.closed;
    expect(client.received).toContain('alive');
    await first.closed;
    expect(first.received).toContain('"code":"too_many_connections"');
    expect(second.isClosed).toBe(false);
    expect(await counts()).toMatchObject({ refused: 1 });
  });

  it('refuses at once when even those that are to be refused are too many', async () => {
    const { enter, stream, counts, clock } = await crowd({ most: 1, beyond: 1 }, 0);
    await stream();
    clock.advance(graceMs);
    const patient = await enter();
    const client = await enter();
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 503 /);
    expect(client.received).toContain('"code":"too_many_connections"');
    expect(patient.isClosed).toBe(false);
    expect(await counts()).toMatchObject({ refused: 1 });
  });

  it('serves others again while those beyond the limit are silent', async () => {
    const { enter, stream, inference } = await crowd({ most: 1 });
    const first = await stream();
    await enter();
    await enter();
    first.vanish();
    await until(() => inference.running === 0);
    await stream();
  });

  it('serves a connection for which there was no room when it came, once there is', async () => {
    const { enter, stream, inference } = await crowd({ most: 1 });
    const first = await stream();
    const client = await enter();
    first.vanish();
    await until(() => inference.running === 0);
    client.post(path, { ...chat('hi'), stream: true });
    await until(() => inference.running === 1);
  });
});

describe('requests that are sent without waiting for answers', () => {
  it('are answered up to a limit', async () => {
    const { enter } = await crowd({});
    const client = (await enter()).write(health.repeat(mostPipelined));
    await until(() => client.received.split('HTTP/1.1 200').length - 1 === mostPipelined, 'all answers');
    client.write(health);
    await until(() => client.received.split('HTTP/1.1 200').length - 1 === mostPipelined + 1, 'another answer');
  });

  it('close the connection beyond it, and no more than that many are run', async () => {
    const { enter, counts } = await crowd({});
    const render = vi.spyOn(Metrics.prototype, 'render');
    const client = (await enter()).write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1000));
    await client.closed;
    expect(render).toHaveBeenCalledTimes(mostPipelined);
    render.mockRestore();
    expect(await counts()).toMatchObject({ pipelined: 1, active: 0 });
  });
});
