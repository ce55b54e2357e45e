import { beforeEach, describe, expect, it } from 'vitest';
import type { Bucket } from '../../../src/core/bus/bucket.js';
import { buckets, encodeEntry, keys } from '../../../src/core/cluster/entries.js';
import type { FrontEntry, LeaseEntry, NodeEntry } from '../../../src/core/cluster/messages.js';
import { type ClusterStatus, readClusterStatus } from '../../../src/core/cluster/status.js';
import { MemoryNetwork } from '../../support/memory-bus.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const front: Omit<FrontEntry, 'version'> = { id: 'f1', name: 'paris', running: 2, waiting: 7 };
const node: Omit<NodeEntry, 'version'> = {
  ...{ id: 'n1', name: 'gpu-1', model: 'gemma:4b', engine: 'llama', slots: 8, running: 2, status: 'ready', warm: [] },
};
const lease: Omit<LeaseEntry, 'version'> = { holder: 'f1', number: 3, running: 2, waiting: 7 };

describe('readClusterStatus', () => {
  let clock: VirtualClock;
  let network: MemoryNetwork;
  let members: Bucket;
  let lines: Bucket;

  beforeEach(async () => {
    clock = new VirtualClock();
    network = new MemoryNetwork(clock, () => 0.5);
    const bus = network.connect();
    members = await bus.bucket(buckets.members.name, buckets.members);
    lines = await bus.bucket(buckets.lines.name, buckets.lines);
  });

  function write(bucket: Bucket, key: string, value: object): void {
    void bucket.put(key, encodeEntry(value));
  }

  /** @param tell what members tell after a second */
  async function statusWhile(tell: () => void): Promise<ClusterStatus> {
    await clock.advanceAsync(10);
    const status = readClusterStatus(network.connect(), clock);
    await clock.advanceAsync(1000);
    tell();
    await clock.advanceAsync(1000);
    return status;
  }

  it('shows who is there, for how long each has been silent, and who holds the lines', async () => {
    write(members, keys.front('f1'), front);
    write(members, keys.node('n1'), node);
    write(members, keys.node('n2'), { ...node, id: 'n2', name: 'gpu-2', status: 'draining' });
    write(lines, keys.lease('gemma:4b'), lease);
    const status = await statusWhile(() => {
      write(members, keys.front('f1'), { ...front, waiting: 8 });
      write(members, keys.node('n1'), node);
      write(lines, keys.lease('gemma:4b'), { ...lease, waiting: 8 });
    });
    expect(status.roundTripMs).toBe(2);
    expect(status.fronts).toMatchObject([{ value: { name: 'paris', waiting: 8 }, silentMs: 500 }]);
    expect(status.nodes).toMatchObject([
      { value: { name: 'gpu-1' }, silentMs: 500 },
      { value: { name: 'gpu-2' }, silentMs: null },
    ]);
    const line = { model: 'gemma:4b', holder: 'paris', lease: 3, running: 2, waiting: 8, places: 8 };
    expect(status.lines).toMatchObject([{ value: line, silentMs: 500 }]);
    expect(status.foreigners).toEqual([]);
  });

  it('names members of another version, and holders that are no members', async () => {
    write(members, keys.node('n9'), { ...node, version: 99 });
    write(lines, keys.lease('a'), { ...lease, holder: 'gone' });
    write(lines, keys.lease('b'), { ...lease, holder: null });
    const status = await statusWhile(() => undefined);
    expect(status.nodes).toEqual([]);
    expect(status.foreigners).toEqual([{ key: 'node.n9', version: 99 }]);
    expect(status.lines.map(({ value }) => [value.model, value.holder, value.places])).toEqual([
      ['a', 'gone', 0],
      ['b', null, 0],
    ]);
  });

  it('has nothing to show of an empty cluster', async () => {
    const { fronts, nodes, lines: held } = await statusWhile(() => undefined);
    expect([...fronts, ...nodes, ...held]).toEqual([]);
  });
});
