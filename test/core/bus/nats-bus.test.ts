import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bus } from '../../../src/core/bus/bus.js';
import { parseClusterAddress } from '../../../src/core/bus/cluster-address.js';
import { connectNats } from '../../../src/core/bus/nats-bus.js';
import { hasNats, NatsServer, needsNats } from '../../support/nats-server.js';
import { until } from '../../support/until.js';

const textOf = (data: Uint8Array): string => Buffer.from(data).toString('utf8');

/** A way to a server whose messages arrive together, every so many milliseconds. */
async function inChunks(
  address: string,
  everyMs: number,
): Promise<{ readonly address: string; readonly close: () => void }> {
  const [host, port] = address.split(':');
  const proxy = createServer((client) => {
    const server = connect({ host, port: Number(port) });
    const held: Buffer[] = [];
    const timer = setInterval(() => {
      const chunk = Buffer.concat(held.splice(0));
      if (chunk.length > 0) client.write(chunk);
    }, everyMs);
    timer.unref();
    server.on('data', (data) => held.push(data));
    client.on('data', (data) => server.write(data));
    for (const [end, otherEnd] of [
      [client, server],
      [server, client],
    ] as const) {
      end
        .on('error', () => undefined)
        .on('close', () => {
          clearInterval(timer);
          otherEnd.destroy();
        });
    }
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    address: `127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    close: () => void proxy.close(),
  };
}

/** The rest of what NATS has to do is tested in test/slow. */
describe.skipIf(!hasNats())(`a bus over a real NATS server ${needsNats}`, () => {
  let folder: string;
  let nats: NatsServer;
  let one: Bus;
  let other: Bus;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chatstream-bus-'));
    const config = join(folder, 'nats.conf');
    await writeFile(config, 'max_payload: 16384\n');
    nats = await NatsServer.start(['-c', config, '-js', '-sd', folder]);
    const options = { credentialsPath: null, caPath: null, certificate: null, name: 'test' };
    const address = parseClusterAddress(`nats://${nats.address}`);
    [one, other] = await Promise.all([connectNats({ ...options, address }), connectNats({ ...options, address })]);
  });
  afterAll(async () => {
    await Promise.all([one.close(), other.close()]);
    await nats.stop();
    await rm(folder, { recursive: true });
  });

  it('leaves nothing that keeps the process alive, if it is closed while a watch begins', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const slow = await inChunks(nats.address, 20);
    const before = timers();
    const address = parseClusterAddress(`nats://${slow.address}`);
    const options = { address, credentialsPath: null, caPath: null, certificate: null, name: 'test' };
    await Promise.all(
      Array.from({ length: 10 }, async (_, turn) => {
        const bus = await connectNats(options);
        const bucket = await bus.bucket('closing', { ttlMs: null });
        const stop = bucket.watch('', () => undefined);
        await pause(turn * 10);
        stop();
        await bus.close();
      }),
    );
    // The client gives up its last requests after 5 s.
    await until(() => timers() <= before, 'the end of all timers', 10_000);
    slow.close();
  });

  it('carries messages, questions and their answers', async () => {
    const heard: string[] = [];
    other.subscribe('told', ({ data }) => heard.push(textOf(data)));
    other.subscribe('asked', ({ data, reply }) => {
      reply(Buffer.from(`${textOf(data)}!`));
    });
    await until(() => other.request('asked', Buffer.from('there'), 100), 'the subscriptions');
    one.publish('told', Buffer.from('something'));
    const answer = await one.request('asked', Buffer.from('here'), 2000);
    expect(textOf(answer ?? new Uint8Array())).toBe('here!');
    await until(() => heard.includes('something'), 'the message');
  });

  it('keeps entries that others read and watch, as long as the server takes them', async () => {
    const [written, watched] = await Promise.all([
      one.bucket('entries', { ttlMs: null }),
      other.bucket('entries', { ttlMs: null }),
    ]);
    const heard: string[] = [];
    watched.watch('', (event) => heard.push(event.type === 'put' ? textOf(event.entry.value) : event.type));
    const revision = await written.put('a', Buffer.from('first'));
    expect(await watched.get('a')).toMatchObject({ key: 'a', revision });
    await written.update('a', new Uint8Array(written.maxValueBytes).fill(97), revision);
    await until(() => heard.includes('a'.repeat(written.maxValueBytes)), 'the longest entry');
    await written.remove('a');
    await until(() => heard.includes('removed'), 'the end of the entry');
  });

  it('stays connected when a message is too long and when a listener fails, and says so', async () => {
    expect(one.maxPayloadBytes).toBe(16_384);
    const told: string[] = [];
    const heard: number[] = [];
    one.onStatus((status) => {
      told.push(status.type === 'fault' ? status.message : status.type);
    });
    one.subscribe('faults', ({ data }) => {
      heard.push(data.length);
      throw new Error('not this one');
    });
    one.publish('faults', new Uint8Array(16_385));
    one.publish('faults', new Uint8Array(16_384));
    one.publish('faults', new Uint8Array(5));
    await until(() => heard.includes(5), 'the messages');
    expect(heard).toEqual([16_384, 5]);
    expect(await one.request('faults', new Uint8Array(16_385), 1000)).toBeNull();
    expect(told).toEqual([
      expect.stringMatching(/^A message of 16385 bytes to faults could not be sent: /) as string,
      'A message of 16384 bytes to faults could not be taken: not this one',
      expect.stringMatching(/^A question of 16385 bytes to faults could not be sent: /) as string,
    ]);
  });
});
