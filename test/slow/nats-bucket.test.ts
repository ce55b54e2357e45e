import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bus } from '../../src/core/bus/bus.js';
import { parseClusterAddress } from '../../src/core/bus/cluster-address.js';
import { connectNats } from '../../src/core/bus/nats-bus.js';
import { describeBucket } from '../support/bucket-contract.js';
import { hasNats, NatsServer, needsNats } from '../support/nats-server.js';
import { until } from '../support/until.js';

describe.skipIf(!hasNats())(`a bucket of NATS ${needsNats}`, () => {
  let folder: string;
  let nats: NatsServer;
  const buses: Bus[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chatstream-buckets-'));
    nats = await NatsServer.start(['-js', '-sd', folder]);
  });
  afterAll(async () => {
    await Promise.all(buses.map((bus) => bus.close()));
    await nats.stop();
    await rm(folder, { recursive: true });
  });

  async function connect(address = nats.address): Promise<Bus> {
    const options = { credentialsPath: null, caPath: null, certificate: null, name: 'test' };
    const bus = await connectNats({ ...options, address: parseClusterAddress(`nats://${address}`) });
    buses.push(bus);
    return bus;
  }

  describeBucket(() => ({
    open: async (name, ttlMs) => (await connect()).bucket(name, { ttlMs }),
    until: async (probe, what) => {
      await until(probe, what);
    },
    done: (promise) => promise,
    pass: (ms) => pause(ms),
    ttlMs: 5000,
  }));

  it('says how to switch JetStream on where it is off', async () => {
    const plain = await NatsServer.start();
    const bus = await connect(plain.address);
    await expect(bus.bucket('off', { ttlMs: null })).rejects.toMatchObject({
      code: 'cluster_unavailable',
      message: `NATS at ${plain.address} has JetStream switched off, which a cluster needs.`,
      hint: expect.stringContaining('nats-server -js') as string,
    });
    await bus.close();
    await plain.stop();
  });

  it('can be made by four members at the same time', async () => {
    const members = await Promise.all(Array.from({ length: 4 }, () => connect()));
    for (let made = 0; made < 300; made += 1) {
      const buckets = await Promise.all(members.map((bus) => bus.bucket(`together-${made}`, { ttlMs: null })));
      const revision = await buckets[0]?.put('a', new Uint8Array(1));
      const read = await Promise.all(buckets.map((bucket) => bucket.get('a')));
      expect(read.map((entry) => entry?.revision)).toEqual(Array.from({ length: 4 }, () => revision));
    }
  });

  it('refuses a bucket that has another time to live', async () => {
    const bus = await connect();
    await bus.bucket('of-another-version', { ttlMs: 2000 });
    await expect(bus.bucket('of-another-version', { ttlMs: 3000 })).rejects.toThrow(
      'The bucket of-another-version at NATS keeps entries for 2000 ms, but this version wants 3000 ms.',
    );
  });

  it.each(['keeps its storage', 'has lost its storage'])(
    'comes back by itself when a server that %s is back',
    async (how) => {
      const storage = await mkdtemp(join(folder, 'restart-'));
      const server = await NatsServer.start(['-js', '-sd', storage]);
      const writer = await (await connect(server.address)).bucket('comes-back', { ttlMs: null });
      const reader = await (await connect(server.address)).bucket('comes-back', { ttlMs: null });
      const heard: string[] = [];
      reader.watch('', (event) => heard.push(event.type === 'put' ? event.entry.key : event.type));
      await writer.put('before', Uint8Array.of(1));
      await until(() => heard.includes('before'), 'the entry before');
      await server.stop();
      await expect(writer.put('meanwhile', Uint8Array.of(1))).rejects.toMatchObject({ code: 'cluster_unavailable' });
      if (how === 'has lost its storage') await rm(storage, { recursive: true });
      await server.restart();
      await until(() => writer.put('after', Uint8Array.of(1)).catch(() => null), 'an answer');
      await until(() => heard.includes('after'), 'the entry after');
      expect((await reader.get('before')) !== null).toBe(how === 'keeps its storage');
      await server.stop();
    },
  );
});
