import { beforeEach, describe, expect, it } from 'vitest';
import type { Bucket } from '../../../../src/core/bus/bucket.js';
import { encodeEntry, keys } from '../../../../src/core/cluster/entries.js';
import { Gathering } from '../../../../src/core/cluster/line/gathering.js';
import { Members } from '../../../../src/core/cluster/members.js';
import { frontEntry } from '../../../../src/core/cluster/messages.js';
import { MemoryNetwork } from '../../../support/memory-bus.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

describe('a new holder of a line', () => {
  let clock: VirtualClock;
  let members: Bucket;
  let fronts: Members<typeof frontEntry>;
  let hasSaid: Set<string>;

  beforeEach(async () => {
    clock = new VirtualClock();
    members = await new MemoryNetwork(clock, () => 0.5).connect().bucket('members', { ttlMs: null });
    fronts = new Members(members, keys.fronts, frontEntry, clock);
    hasSaid = new Set();
    for (const id of ['f1', 'f2']) announce(id);
    await clock.advanceAsync(50);
  });

  function announce(id: string): void {
    void members.put(keys.front(id), encodeEntry({ id, name: id, running: 0, waiting: 0 }));
  }

  /** How long it waits, in milliseconds, at most so long, while these fronts tell that they are there. */
  async function waits(mostMs: number, alive: readonly string[]): Promise<number> {
    const beganMs = clock.now();
    let doneMs = Infinity;
    const gathering = new Gathering({
      ...{ fronts, clock, hasSaid: (id) => hasSaid.has(id) },
      onComplete: () => {
        doneMs = clock.now() - beganMs;
      },
    });
    gathering.check();
    for (let passedMs = 0; passedMs < mostMs && doneMs === Infinity; passedMs += 50) {
      if (passedMs % 500 === 0) for (const id of alive) announce(id);
      await clock.advanceAsync(50);
      if (passedMs === 1750 && hasSaid.has('late')) hasSaid.add('f2');
    }
    gathering.stop();
    return doneMs;
  }

  it('begins at once when all fronts have said which requests they have', async () => {
    for (const id of ['f1', 'f2']) hasSaid.add(id);
    expect(await waits(5000, ['f1', 'f2'])).toBe(0);
  });

  it('waits no longer than a second for a front that has been silent since the former holder was lost', async () => {
    await clock.advanceAsync(3000);
    hasSaid.add('f1');
    expect(await waits(5000, ['f1'])).toBe(1000);
  });

  it('waits for a front of which two announcements in a row were lost', async () => {
    await clock.advanceAsync(1500);
    hasSaid.add('f1');
    expect(await waits(5000, ['f1'])).toBe(1750);
  });

  it('waits longer for a front that is alive, whose message may have been lost', async () => {
    hasSaid.add('f1').add('late');
    const waitedMs = await waits(5000, ['f1', 'f2']);
    expect(waitedMs).toBeGreaterThan(1750);
    expect(waitedMs).toBeLessThan(2300);
  });

  it('waits also for fronts that have long been silent if it has heard nobody', async () => {
    await clock.advanceAsync(3000);
    hasSaid.add('f1');
    expect(await waits(8000, [])).toBe(5000);
  });

  it('waits five seconds at most', async () => {
    hasSaid.add('f1');
    expect(await waits(8000, ['f1', 'f2'])).toBe(5000);
  });
});
