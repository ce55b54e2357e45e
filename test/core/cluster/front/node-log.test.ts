import { beforeEach, describe, expect, it } from 'vitest';
import type { Logger } from '../../../../src/core/base/logger.js';
import type { Bucket } from '../../../../src/core/bus/bucket.js';
import { encodeEntry, keys } from '../../../../src/core/cluster/entries.js';
import { logNodes } from '../../../../src/core/cluster/front/node-log.js';
import { Members } from '../../../../src/core/cluster/members.js';
import { type NodeEntry, nodeEntry } from '../../../../src/core/cluster/messages.js';
import { MemoryNetwork } from '../../../support/memory-bus.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

describe('what a front logs of nodes', () => {
  let clock: VirtualClock;
  let bucket: Bucket;
  let nodes: Members<typeof nodeEntry>;
  let logged: object[];
  let stop: () => void;

  beforeEach(async () => {
    clock = new VirtualClock();
    bucket = await new MemoryNetwork(clock, () => 0.5).connect().bucket('members', { ttlMs: 5000 });
    nodes = new Members(bucket, keys.nodes, nodeEntry, clock);
    await announce('aaaaaaaaaa', 'one');
    logged = [];
    const at = (level: string) => (fields: object, msg: string) => void logged.push({ level, ...fields, msg });
    const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
    stop = logNodes(nodes, logger);
  });

  async function announce(id: string, name: string, changed: Partial<NodeEntry> = {}): Promise<void> {
    const more = { model: 'm', engine: 'mock', slots: 4, running: 0, status: 'ready', warm: [] };
    void bucket.put(keys.node(id), encodeEntry({ id, name, ...more, ...changed }));
    await clock.advanceAsync(20);
  }

  it('are those that are there, and those that join, once', async () => {
    await announce('aaaaaaaaaa', 'one');
    await announce('bbbbbbbbbb', 'two', { slots: 2 });
    await announce('bbbbbbbbbb', 'two', { slots: 2, running: 1 });
    const joined = { level: 'info', model: 'm', msg: 'a node has joined' };
    expect(logged).toEqual([
      { ...joined, node: 'one', slots: 4 },
      { ...joined, node: 'two', slots: 2 },
    ]);
  });

  it('tells one that has left from one that has died, with what it was running', async () => {
    await announce('bbbbbbbbbb', 'two', { running: 3 });
    logged = [];
    void bucket.remove(keys.node('aaaaaaaaaa'));
    await clock.advanceAsync(20);
    expect(logged).toEqual([{ level: 'info', node: 'one', model: 'm', msg: 'a node has left' }]);
    await clock.advanceAsync(6000);
    expect(logged.slice(1)).toMatchObject([{ level: 'error', node: 'two', model: 'm', running: 3 }]);
    await announce('bbbbbbbbbb', 'two');
    expect(logged.at(-1)).toMatchObject({ node: 'two', msg: 'a node has joined' });
  });

  it.each([
    ['continues elsewhere', 3, 'm', 'a node is lost: what ran there continues on other nodes'],
    ['waits for another node', 3, 'other', 'a node is lost, and no other has its model: what ran there waits for one'],
    ['is nothing', 0, 'm', 'a node is lost'],
  ])('say what becomes of the generations of a lost node: it %s', async (_what, running, model, msg) => {
    await announce('bbbbbbbbbb', 'two', { running });
    logged = [];
    for (let second = 0; second < 7; second += 1) {
      await announce('aaaaaaaaaa', 'one', { model });
      await clock.advanceAsync(1000);
    }
    expect(logged).toEqual([{ level: 'error', node: 'two', model: 'm', running, msg }]);
  });

  it('are changes of how a node is', async () => {
    logged = [];
    for (const status of ['ready', 'down', 'down', 'ready', 'draining'] as const) {
      await announce('aaaaaaaaaa', 'one', { status });
    }
    const one = { node: 'one', model: 'm' };
    expect(logged).toEqual([
      { level: 'warn', ...one, msg: 'the engine of a node is down' },
      { level: 'info', ...one, msg: 'a node is ready again' },
      { level: 'info', ...one, msg: 'a node accepts nothing new: it is being stopped' },
    ]);
  });

  it('have the beginnings of their ids where several have the same name', async () => {
    logged = [];
    await announce('bbbbbbbbbb', 'one');
    await clock.advanceAsync(6000);
    const shown = logged.map((each) => ('node' in each ? each.node : null));
    expect(shown).toEqual(['one-bbbbbb', 'one-aaaaaa', 'one']);
  });

  it('are none after the end', async () => {
    stop();
    logged = [];
    await announce('bbbbbbbbbb', 'two');
    await clock.advanceAsync(6000);
    expect(logged).toEqual([]);
  });
});
