import { describe, expect, it } from 'vitest';
import { describeBucket } from '../../support/bucket-contract.js';
import { MemoryNetwork } from '../../support/memory-bus.js';
import { VirtualClock } from '../../support/virtual-clock.js';

/** The bucket of the simulations is tested as the one of NATS is, in test/slow. */
describe('a bucket in memory', () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, () => 0.5);

  async function until(probe: () => boolean, what: string): Promise<void> {
    for (let ms = 0; !probe(); ms += 1) {
      if (ms > 60_000) throw new Error(`waited in vain for ${what}`);
      await clock.advanceAsync(1);
    }
  }

  async function done<T>(promise: Promise<T>): Promise<T> {
    const settled: unknown[] = [];
    promise.then(
      () => settled.push('resolved'),
      () => settled.push('rejected'),
    );
    await until(() => settled.length > 0, 'an answer');
    return promise;
  }

  describeBucket(() => ({
    open: (name, ttlMs) => network.connect().bucket(name, { ttlMs }),
    until,
    done,
    pass: (ms) => clock.advanceAsync(ms),
    ttlMs: 1000,
  }));

  it('does not answer while the connection is lost, and tells its watchers afterwards what they missed', async () => {
    const [bus, other] = [network.connect(), network.connect()];
    const bucket = await bus.bucket('cut', { ttlMs: 1000 });
    const far = await other.bucket('cut', { ttlMs: 1000 });
    const heard: string[] = [];
    bucket.watch('', (event) => heard.push(`${event.type} ${event.type === 'put' ? event.entry.key : event.key}`));
    await done(far.put('a', Uint8Array.of(1)));
    await clock.advanceAsync(10);
    bus.isCut = true;
    await expect(done(bucket.put('b', Uint8Array.of(1)))).rejects.toThrow('does not answer');
    await done(far.put('c', Uint8Array.of(1)));
    expect(heard).toEqual(['put a']);
    bus.isCut = false;
    await clock.advanceAsync(10);
    expect(heard).toEqual(['put a', 'expired a', 'put c']);
  });
});
