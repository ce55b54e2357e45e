import { beforeEach, describe, expect, it } from 'vitest';
import type { Bus, BusFault } from '../../../src/core/bus/bus.js';
import { guardedBus } from '../../../src/core/bus/guarded-bus.js';
import { MemoryNetwork } from '../../support/memory-bus.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const bytes = (length: number): Uint8Array => new Uint8Array(length);

describe('a guarded bus', () => {
  let clock: VirtualClock;
  let network: MemoryNetwork;
  let faults: BusFault[];
  let bus: Bus;

  beforeEach(() => {
    clock = new VirtualClock();
    network = new MemoryNetwork(clock, () => 0.5);
    faults = [];
    bus = guardedBus(network.connect(1000), clock, (fault) => faults.push(fault));
  });

  const told = (): readonly string[] => faults.map(({ message }) => message);

  it('tells once that messages to a subject are too long, and sends the others', () => {
    const heard: number[] = [];
    network.connect().subscribe('far', ({ data }) => heard.push(data.length));
    for (const length of [1001, 2000, 10]) bus.publish('far', bytes(length));
    bus.publish('near', bytes(3000));
    clock.advance(10);
    expect(heard).toEqual([10]);
    expect(told()).toEqual([
      'A message of 1001 bytes to far could not be sent: a message of 1001 bytes to far',
      'A message of 3000 bytes to near could not be sent: a message of 3000 bytes to near',
    ]);
  });

  it('tells of a subject again ten minutes after it was told', () => {
    const toldAfter = (ms: number): number => {
      clock.advance(ms);
      bus.publish('far', bytes(1001));
      return faults.length;
    };
    const minutes = 60_000;
    expect([0, 9 * minutes, minutes, 9 * minutes, minutes].map(toldAfter)).toEqual([1, 1, 2, 2, 3]);
  });

  it('tells of 1000 subjects in ten minutes at most', () => {
    const subjects = Array.from({ length: 1001 }, (_, index) => `far.${index}`);
    for (const subject of subjects) bus.publish(subject, bytes(1001));
    expect(faults.length).toBe(1000);
    clock.advance(600_000);
    for (const subject of subjects) bus.publish(subject, bytes(1001));
    expect(faults.length).toBe(2000);
  });

  it('goes on reading after a listener has failed', () => {
    const heard: number[] = [];
    bus.subscribe('here', ({ data }) => {
      heard.push(data.length);
      if (data.length !== 3) throw new Error('no three bytes');
    });
    for (const length of [1, 2, 3]) network.connect().publish('here', bytes(length));
    clock.advance(10);
    expect(heard).toEqual([1, 2, 3]);
    expect(told()).toEqual(['A message of 1 bytes to here could not be taken: no three bytes']);
    expect(faults[0]?.error).toBeInstanceOf(Error);
  });

  it('tells of an answer that is too long, which is none for who asks', async () => {
    bus.subscribe('question', ({ reply }) => {
      reply(bytes(1001));
    });
    const answer = network.connect().request('question', bytes(1), 100);
    await clock.advanceAsync(200);
    expect(await answer).toBeNull();
    expect(told()).toEqual([expect.stringContaining('An answer of 1001 bytes to question could not be sent: ')]);
  });

  it('tells of a question that is too long, which has no answer', async () => {
    expect(await bus.request('question', bytes(1001), 100)).toBeNull();
    expect(told()).toEqual([expect.stringContaining('A question of 1001 bytes to question could not be sent: ')]);
  });

  it('goes on watching a bucket after a listener has failed', async () => {
    const bucket = await bus.bucket('entries', { ttlMs: null });
    const heard: string[] = [];
    bucket.watch('', (event) => {
      if (event.type === 'put') heard.push(event.entry.key);
      throw new Error('no entries');
    });
    const writing = bucket.put('a', bytes(1)).then(() => bucket.put('b', bytes(1)));
    await clock.advanceAsync(10);
    await writing;
    expect(heard).toEqual(['a', 'b']);
    expect(told()).toEqual(['A change in the bucket entries could not be taken: no entries']);
  });
});
