import { beforeEach, describe, expect, it } from 'vitest';
import type { Bucket } from '../../../src/core/bus/bucket.js';
import { schemaVersion } from '../../../src/core/cluster/channel/envelope.js';
import { decodeEntry } from '../../../src/core/cluster/entries.js';
import { Lease } from '../../../src/core/cluster/lease.js';
import { leaseEntry } from '../../../src/core/cluster/messages.js';
import { type MemoryBus, MemoryNetwork } from '../../support/memory-bus.js';
import { VirtualClock } from '../../support/virtual-clock.js';

interface Candidate {
  readonly bus: MemoryBus;
  readonly lease: Lease;
  /** What it was told: numbers gained, and null for each loss. */
  readonly told: (number | null)[];
}

describe('Lease', () => {
  let clock: VirtualClock;
  let network: MemoryNetwork;

  beforeEach(() => {
    clock = new VirtualClock();
    network = new MemoryNetwork(clock, () => 0.5);
  });

  const open = (bus: MemoryBus): Promise<Bucket> => bus.bucket('lines', { ttlMs: null });

  async function candidate(peer: string, patienceMs = 0, prepareMs = 0): Promise<Candidate> {
    const bus = network.connect();
    const told: (number | null)[] = [];
    const lease = new Lease({
      ...{ bucket: await open(bus), key: 'lease.a', peer, clock, patienceMs, firstNumber: () => 100 },
      prepare: () => new Promise((resolve) => clock.schedule(prepareMs, resolve)),
      describe: () => ({ running: 1, waiting: 2 }),
      onGained: (number) => told.push(number),
      onLost: () => told.push(null),
    });
    return { bus, lease, told };
  }

  async function advance(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) await clock.advanceAsync(50);
  }

  it('is held by the first of several candidates, and by it alone', async () => {
    const all = [await candidate('a'), await candidate('b'), await candidate('c')];
    await advance(20_000);
    expect(all.map(({ told }) => told)).toEqual([[100], [], []]);
    expect(all.map(({ lease }) => lease.number)).toEqual([100, null, null]);
  });

  it('is left to those with less patience', async () => {
    const node = await candidate('node', 250);
    await advance(100);
    const front = await candidate('front');
    await advance(5000);
    expect([front.told, node.told]).toEqual([[100], []]);
    const other = await candidate('other');
    await advance(1000);
    void front.lease.release();
    await advance(1000);
    expect([other.told, node.told]).toEqual([[101], []]);
    void other.lease.release();
    await advance(1000);
    expect(node.told).toEqual([102]);
  });

  it('is given up within 2.5 s by a holder that nobody answers, before another takes it within 5 s', async () => {
    const [one, other] = [await candidate('a'), await candidate('b')];
    await advance(3000);
    one.bus.silence = 'mute';
    await advance(3000);
    expect(one.told).toEqual([100, null]);
    await advance(2000);
    expect(other.told).toEqual([101]);
    one.bus.silence = 'none';
    await advance(10_000);
    expect([one.told, other.told]).toEqual([[100, null], [101]]);
  });

  it.each([{ silence: 'mute' }, { silence: 'deaf' }] as const)(
    'stays with a healthy holder one of whose renewals, or its answer, is lost ($silence)',
    async ({ silence }) => {
      const [one, other] = [await candidate('a'), await candidate('b')];
      await advance(3000);
      for (let time = 0; time < 20; time += 1) {
        one.bus.silence = silence;
        await advance(800 + 10 * time);
        one.bus.silence = 'none';
        await advance(2000 + 10 * time);
      }
      expect([one.told, other.told]).toEqual([[100], []]);
    },
  );

  it('goes to another at once when it is released', async () => {
    const [one, other] = [await candidate('a'), await candidate('b')];
    await advance(3000);
    void one.lease.release();
    await advance(50);
    expect(other.told).toEqual([101]);
  });

  it('is not taken by one that prepares while another one takes it', async () => {
    const holder = await candidate('a');
    await advance(3000);
    const others = [await candidate('b'), await candidate('c', 0, 100)];
    await advance(1000);
    holder.bus.isCut = true;
    await advance(10_000);
    expect(others.map(({ told }) => told)).toEqual([[101], []]);
  });

  it('is not taken by one that leaves while it prepares', async () => {
    const bus = network.connect();
    const told: (number | null)[] = [];
    const lease = new Lease({
      ...{ bucket: await open(bus), key: 'lease.a', peer: 'a', clock, patienceMs: 0, firstNumber: () => 100 },
      prepare: () => new Promise((resolve) => clock.schedule(1000, resolve)),
      describe: () => ({ running: 0, waiting: 0 }),
      onGained: (number) => told.push(number),
      onLost: () => told.push(null),
    });
    await advance(500);
    void lease.release();
    await advance(3000);
    expect([told, await read()]).toEqual([[], {}]);
  });

  describe('under another version of the schema', () => {
    const foreign = Buffer.from(JSON.stringify({ version: schemaVersion - 1, holder: 'x', number: 7 }));
    let former: Bucket;

    beforeEach(async () => {
      former = await open(network.connect());
      void former.put('lease.a', foreign);
      await advance(50);
    });

    it('is not taken from a holder that renews it, nor while NATS is away', async () => {
      const one = await candidate('a');
      for (let renewal = 0; renewal < 60; renewal += 1) {
        void former.put('lease.a', foreign);
        await advance(1000);
      }
      one.bus.silence = 'both';
      await advance(60_000);
      void former.put('lease.a', foreign);
      one.bus.silence = 'none';
      await advance(5000);
      expect(one.told).toEqual([]);
    });

    it('is taken once NATS has said for 15 s that nobody renews it', async () => {
      const one = await candidate('a');
      await advance(14_500);
      expect(one.told).toEqual([]);
      await advance(2000);
      expect(one.told).toEqual([100]);
    });

    it('is respected by a holder from which it was taken', async () => {
      const one = await candidate('a');
      await advance(17_000);
      for (let renewal = 0; renewal < 20; renewal += 1) {
        void former.put('lease.a', foreign);
        await advance(1000);
      }
      expect(one.told).toEqual([100, null]);
    });
  });

  it('can be read by people: who holds it, under which number, and what runs and waits', async () => {
    await candidate('a');
    await advance(3000);
    const entry = await read();
    expect(entry).toMatchObject({ type: 'entry', value: { holder: 'a', number: 100, running: 1, waiting: 2 } });
  });

  async function read(): Promise<object> {
    const reading = (await open(network.connect())).get('lease.a');
    await advance(100);
    const entry = await reading;
    return entry === null ? {} : decodeEntry(leaseEntry, entry.value);
  }
});
