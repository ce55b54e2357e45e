import { beforeEach, describe, expect, it } from 'vitest';
import type { Bucket } from '../../../../src/core/bus/bucket.js';
import { schemaVersion } from '../../../../src/core/cluster/channel/envelope.js';
import { decodeEntry, keys } from '../../../../src/core/cluster/entries.js';
import { FrontSettings } from '../../../../src/core/cluster/front/front-settings.js';
import { SharedLimits } from '../../../../src/core/cluster/front/shared-limits.js';
import { LineSettings } from '../../../../src/core/cluster/line-settings.js';
import { settingsEntry } from '../../../../src/core/cluster/messages.js';
import { type KeyTerms, usualTerms } from '../../../../src/core/scheduler/jobs/demand.js';
import { manyKeys } from '../../../support/many-keys.js';
import { type MemoryBus, MemoryNetwork } from '../../../support/memory-bus.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const termsOf = (share: number): ReadonlyMap<string, KeyTerms> => new Map([['anna', { ...usualTerms, share }]]);

describe('the limits and keys that fronts have in common', () => {
  let clock: VirtualClock;
  let network: MemoryNetwork;
  let bus: MemoryBus;
  let lines: Bucket;
  let limits: SharedLimits;
  let own: FrontSettings;
  let slots: number;

  beforeEach(async () => {
    clock = new VirtualClock();
    slots = 4;
    network = new MemoryNetwork(clock, () => 0.5);
    bus = network.connect();
    lines = await bus.bucket('lines', { ttlMs: null });
    const fair = { policy: 'fair', classPatienceMs: 60_000, terms: termsOf(1) } as const;
    own = new FrontSettings({ maxConcurrency: 1, maxQueue: 100, queueTimeoutMs: 0, fair }, null);
    limits = new SharedLimits({ settings: new LineSettings(lines, 'm', clock), own, slots: () => slots });
    await clock.advanceAsync(100);
  });

  async function written(): Promise<unknown> {
    const reading = lines.get(keys.settings('m'));
    await clock.advanceAsync(10);
    const entry = await reading;
    const read = entry === null ? null : decodeEntry(settingsEntry, entry.value);
    return read?.type === 'entry' ? read.value : null;
  }

  it('keep the keys of a configuration that was read again when a limit is turned', async () => {
    limits.configureKeys(termsOf(3));
    await clock.advanceAsync(100);
    limits.resize({ maxConcurrency: 2 }, true);
    await clock.advanceAsync(100);
    expect(await written()).toMatchObject({ maxConcurrency: 2, keys: { terms: [['anna', { share: 3 }]] } });
  });

  it('are all places again, however many there are, once they are turned fully up', async () => {
    limits.resize({ maxConcurrency: 2 }, true);
    await clock.advanceAsync(100);
    expect(limits.current.maxConcurrency).toBe(2);
    limits.resize({ maxConcurrency: 4 }, true);
    await clock.advanceAsync(100);
    expect(await written()).toMatchObject({ maxConcurrency: null, maxQueue: 100 });
    slots = 9;
    expect(limits.current.maxConcurrency).toBe(9);
  });

  it('allow nothing at once while there are no places, whatever the limit is', () => {
    slots = 0;
    expect(limits.current.maxConcurrency).toBe(0);
    limits.resize({ maxConcurrency: 2 }, true);
    expect(limits.current.maxConcurrency).toBe(0);
    slots = 4;
    expect(limits.current.maxConcurrency).toBe(2);
  });

  it('are those of the cluster, also where a front was started with less', async () => {
    const less = new FrontSettings({ maxConcurrency: 1, maxQueue: 5, queueTimeoutMs: 0 }, 1);
    const late = new SharedLimits({ settings: new LineSettings(lines, 'm', clock), own: less, slots: () => slots });
    await clock.advanceAsync(100);
    expect(late.current).toEqual({ maxConcurrency: 4, maxQueue: 100 });
  });

  it('are not written again by a front that is started with the same', async () => {
    const revision = async (): Promise<number | undefined> => {
      const reading = lines.get(keys.settings('m'));
      await clock.advanceAsync(10);
      return (await reading)?.revision;
    };
    const before = await revision();
    limits = new SharedLimits({ settings: new LineSettings(lines, 'm', clock), own, slots: () => slots });
    await clock.advanceAsync(100);
    expect(await revision()).toBe(before);
  });

  it('stand beside those of another version, which stay as they are', async () => {
    const foreign = Buffer.from(JSON.stringify({ version: schemaVersion - 1, maxQueue: 3 }));
    const own = keys.settings('m');
    const theirs = own.replace(`.${schemaVersion}.`, `.${schemaVersion - 1}.`);
    expect(theirs).not.toBe(own);
    void lines.put(theirs, foreign);
    limits.configureKeys(termsOf(3));
    await clock.advanceAsync(3000);
    expect(await written()).toMatchObject({ keys: { terms: [['anna', { share: 3 }]] } });
    const reading = lines.get(theirs);
    await clock.advanceAsync(10);
    expect(Buffer.from((await reading)?.value ?? [])).toEqual(foreign);
  });

  it('are written with 400 keys, whose terms do not fit into an entry as they are', async () => {
    bus = network.connect(16_384);
    lines = await bus.bucket('lines', { ttlMs: null });
    const terms = new Map(manyKeys(400).map((key, index) => [key, { ...usualTerms, maxRunning: index }]));
    new SharedLimits({ settings: new LineSettings(lines, 'm', clock), own, slots: () => slots }).configureKeys(terms);
    const heard = new LineSettings(lines, 'm', clock);
    await clock.advanceAsync(100);
    expect(heard.current?.keys?.terms).toEqual([...terms]);
    expect(await written()).toMatchObject({ maxQueue: 100, keys: { terms: [...terms] } });
  });

  it('are written as soon as NATS is back, in the order in which they came', async () => {
    bus.silence = 'mute';
    limits.configureKeys(termsOf(3));
    limits.configureKeys(termsOf(5));
    limits.resize({ maxQueue: 7 }, true);
    await clock.advanceAsync(10_000);
    bus.silence = 'none';
    await clock.advanceAsync(5000);
    expect(await written()).toMatchObject({ maxQueue: 7, keys: { terms: [['anna', { share: 5 }]] } });
  });
});
