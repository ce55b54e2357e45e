import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bus } from '../../../src/core/bus/bus.js';
import { parseClusterAddress } from '../../../src/core/bus/cluster-address.js';
import { connectNats } from '../../../src/core/bus/nats-bus.js';
import { hasNats, NatsServer, needsNats } from '../../support/nats-server.js';
import { until } from '../../support/until.js';

const textOf = (data: Uint8Array): string => Buffer.from(data).toString('utf8');

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
