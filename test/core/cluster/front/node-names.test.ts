import { beforeEach, describe, expect, it } from 'vitest';
import type { Bucket } from '../../../../src/core/bus/bucket.js';
import { encodeEntry, keys } from '../../../../src/core/cluster/entries.js';
import { NodeNames } from '../../../../src/core/cluster/front/node-names.js';
import { Members } from '../../../../src/core/cluster/members.js';
import { nodeEntry } from '../../../../src/core/cluster/messages.js';
import { MemoryNetwork } from '../../../support/memory-bus.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

describe('the names of nodes', () => {
  let clock: VirtualClock;
  let bucket: Bucket;
  let names: NodeNames;

  beforeEach(async () => {
    clock = new VirtualClock();
    bucket = await new MemoryNetwork(clock, () => 0.5).connect().bucket('members', { ttlMs: null });
    names = new NodeNames(new Members(bucket, keys.nodes, nodeEntry, clock));
  });

  async function announce(id: string, name: string): Promise<void> {
    const more = { model: 'm', engine: 'mock', slots: 1, running: 0, status: 'ready', warm: [] };
    void bucket.put(keys.node(id), encodeEntry({ id, name, ...more }));
    await clock.advanceAsync(20);
  }

  it('are those that they were given, with the beginnings of their ids where several have the same', async () => {
    await announce('aaaaaaaaaa', 'gpu');
    await announce('aaaaaaaaaa', 'gpu');
    await announce('cccccccccc', 'cpu');
    expect(names.of('aaaaaaaaaa')).toBe('gpu');
    await announce('bbbbbbbbbb', 'gpu');
    expect(['aaaaaaaaaa', 'bbbbbbbbbb', 'cccccccccc'].map((id) => names.of(id))).toEqual([
      ...['gpu-aaaaaa', 'gpu-bbbbbb', 'cpu'],
    ]);
    void bucket.remove(keys.node('bbbbbbbbbb'));
    await clock.advanceAsync(20);
    expect([names.of('aaaaaaaaaa'), names.of('bbbbbbbbbb')]).toEqual(['gpu', 'bbbbbbbbbb']);
  });
});
