import { expect, it } from 'vitest';
import { peerSubject, schemaVersion } from '../../../src/core/cluster/channel/envelope.js';
import { buckets, keys } from '../../../src/core/cluster/entries.js';
import { joinCluster } from '../../../src/core/cluster/joining/join-cluster.js';
import { MemoryNetwork } from '../../support/memory-bus.js';
import { silentLogger } from '../../support/silent-logger.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { SimulatedCluster } from './simulated-cluster.js';

const version = schemaVersion - 1;

/** A member of another version: what it tells of itself, and, again and again, that it holds the line. */
async function foreignMember(network: MemoryNetwork): Promise<() => void> {
  const bus = network.connect();
  const members = await bus.bucket(buckets.members.name, buckets.members);
  const lines = await bus.bucket(buckets.lines.name, buckets.lines);
  const entryOf = (value: object): Uint8Array => Buffer.from(JSON.stringify({ version, ...value }));
  return () => {
    void members.put(keys.front('old'), entryOf({ id: 'old', name: 'old' }));
    void lines.put(keys.lease('mock'), entryOf({ holder: 'old', number: 1 }));
  };
}

it('another version that holds the line is left alone, and requests are refused until it has gone', async () => {
  const cluster = new SimulatedCluster(1);
  const renew = await foreignMember(cluster.network);
  renew();
  await cluster.addFront('f1');
  await cluster.addNode('n1', 1);
  const refused = cluster.ask('f1');
  for (let second = 0; second < 30; second += 1) {
    renew();
    await cluster.advance(1000);
  }
  expect([cluster.holders(), refused.end]).toEqual([[], 'cluster_unavailable']);
  await cluster.advance(20_000);
  const answered = cluster.ask('f1');
  await cluster.advance(10_000);
  expect([cluster.holders(), answered.end]).toEqual([['f1'], 'completed']);
});

it('another version is named in the log, be it by what it tells of itself or by a message', async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, () => 0.5);
  const bus = network.connect();
  const said: unknown[] = [];
  const error = (details: object, text: string): void => {
    said.push([details, text]);
  };
  const joining = joinCluster({ bus, clock, logger: { ...silentLogger, error }, role: 'front', id: 'new' });
  await clock.advanceAsync(50);
  const membership = await joining;
  const renew = await foreignMember(network);
  renew();
  renew();
  await clock.advanceAsync(50);
  const header = { version, from: 'old', channel: 'old-1' };
  const body = Buffer.from(`${JSON.stringify(header)}\n{}`);
  network.connect().publish(peerSubject('new'), body);
  await clock.advanceAsync(50);
  expect(said).toEqual([
    [{ member: 'front.old', version, own: schemaVersion }, 'a member of another version is ignored'],
    [{ version, own: schemaVersion }, 'messages of another version are refused: update the whole cluster'],
  ]);
  void membership.leave();
});
