import { beforeEach, describe, expect, it } from 'vitest';
import type { Bucket } from '../../../../src/core/bus/bucket.js';
import { schemaVersion } from '../../../../src/core/cluster/channel/envelope.js';
import { keys } from '../../../../src/core/cluster/entries.js';
import { SavedServices } from '../../../../src/core/cluster/line/saved-services.js';
import type { Services } from '../../../../src/core/scheduler/fairness/keyed-jobs.js';
import { manyKeys } from '../../../support/many-keys.js';
import { type MemoryBus, MemoryNetwork } from '../../../support/memory-bus.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const isHolder = (): boolean => true;

describe('what keys have been served', () => {
  let clock: VirtualClock;
  let bus: MemoryBus;
  let bucket: Bucket;

  beforeEach(async () => {
    clock = new VirtualClock();
    bus = new MemoryNetwork(clock, () => 0.5).connect();
    bucket = await bus.bucket('lines', { ttlMs: null });
  });

  async function saved(by: SavedServices, services: Services, isStillHolder = isHolder): Promise<void> {
    const saving = by.save(services, isStillHolder);
    await clock.advanceAsync(3000);
    await saving;
  }

  async function read(by = new SavedServices(bucket, 'm')): Promise<Services | null> {
    const reading = by.read();
    await clock.advanceAsync(3000);
    return reading;
  }

  it('is read by the next holder as the last has left it', async () => {
    const holder = new SavedServices(bucket, 'm');
    expect(await read(holder)).toBeNull();
    await saved(holder, { anna: [1, 0, 0] });
    await saved(holder, { anna: [2, 0, 0] });
    expect(await read()).toEqual({ anna: [2, 0, 0] });
  });

  it('is not written over by a former holder that was asleep', async () => {
    const [former, next] = [new SavedServices(bucket, 'm'), new SavedServices(bucket, 'm')];
    await saved(former, { anna: [1, 0, 0] });
    await read(next);
    await saved(next, { anna: [9, 0, 0] });
    await saved(former, { anna: [2, 0, 0] }, () => false);
    expect(await read()).toEqual({ anna: [9, 0, 0] });
  });

  it('is kept apart from what another version has left, compressed or not', async () => {
    const own = keys.services('m');
    const theirs = own.replace(`.${schemaVersion}.`, `.${schemaVersion - 1}.`);
    expect(theirs).not.toBe(own);
    const foreign = Buffer.from(JSON.stringify({ version: schemaVersion - 1, gzip: 'AAAA' }));
    void bucket.put(theirs, foreign);
    const holder = new SavedServices(bucket, 'm');
    expect(await read(holder)).toBeNull();
    await saved(holder, { anna: [1, 0, 0] });
    expect(await read()).toEqual({ anna: [1, 0, 0] });
    const reading = bucket.get(theirs);
    await clock.advanceAsync(1000);
    expect(Buffer.from((await reading)?.value ?? [])).toEqual(foreign);
  });

  it('is written by the holder after a former one has been faster', async () => {
    const [former, next] = [new SavedServices(bucket, 'm'), new SavedServices(bucket, 'm')];
    await saved(former, { anna: [1, 0, 0] });
    await read(next);
    await saved(former, { anna: [2, 0, 0] });
    await saved(next, { anna: [9, 0, 0] });
    expect(await read()).toEqual({ anna: [9, 0, 0] });
  });

  it('is saved in whole tokens where NATS takes short entries, and for the keys with the most where there are too many', async () => {
    bus = new MemoryNetwork(clock, () => 0.5).connect(16_384);
    bucket = await bus.bucket('lines', { ttlMs: null });
    const holder = new SavedServices(bucket, 'm');
    const of = (count: number): Services => {
      return Object.fromEntries(manyKeys(count).map((key, index) => [key, [0, index * 314, index * 217]]));
    };
    // In whole tokens, as many as fit without being compressed.
    const exactly = Object.entries(of(350)).map(([key, ofClasses], index) => {
      return [key, ofClasses.map((service, place) => service + ((index * Math.E ** (place + 1)) % 0.5))] as const;
    });
    await saved(holder, Object.fromEntries(exactly));
    expect(await read()).toEqual(of(350));
    await saved(holder, of(4000));
    const kept = Object.entries((await read()) ?? {});
    // So many fit without being compressed; the random bytes in the names of 1000 do not fit, however well they are compressed.
    expect([250, 500]).toContain(kept.length);
    expect(Object.fromEntries(kept)).toEqual(Object.fromEntries(Object.entries(of(4000)).slice(-kept.length)));
  });

  it('is written again after NATS was away', async () => {
    const holder = new SavedServices(bucket, 'm');
    bus.silence = 'both';
    await saved(holder, { anna: [1, 0, 0] });
    bus.silence = 'none';
    await saved(holder, { anna: [1, 0, 0] });
    expect(await read()).toEqual({ anna: [1, 0, 0] });
  });
});
