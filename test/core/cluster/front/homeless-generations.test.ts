import { describe, expect, it } from 'vitest';
import { HomelessGenerations } from '../../../../src/core/cluster/front/homeless-generations.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { SimulatedCluster, wholeAnswer } from '../simulated-cluster.js';

/** After how long a front notices that a node has died, in milliseconds, and some more. */
const noticedMs = 5000;

/** A front, and an answer that has begun on its only node, which then dies. */
async function withLostNode(queueTimeoutMs: number): Promise<SimulatedCluster> {
  const cluster = new SimulatedCluster(1);
  await cluster.addFront('f1', queueTimeoutMs);
  await cluster.addNode('n1', 1);
  await cluster.advance(3000);
  cluster.ask('f1');
  await cluster.advance(1000);
  cluster.kill('n1');
  return cluster;
}

describe('an answer whose node is lost', () => {
  it('waits for another node for --queue-timeout, and ends then', async () => {
    const cluster = await withLostNode(20_000);
    const [client] = cluster.clients;
    expect(client?.text).toMatch(/^1 2/);
    await cluster.advance(20_000);
    expect(client?.end).toBeNull();
    await cluster.advance(noticedMs);
    expect(client?.end).toBe('cluster_unavailable');
    expect(cluster.ended).toMatchObject([{ outcome: 'failed' }]);

    await cluster.addNode('n2', 1);
    await cluster.advance(3000);
    const next = cluster.ask('f1');
    await cluster.until(() => next.end !== null, 20_000);
    expect([next.end, next.text]).toEqual(['completed', wholeAnswer]);
  });

  it('goes on at a node that comes before', async () => {
    const cluster = await withLostNode(20_000);
    await cluster.advance(15_000);
    await cluster.addNode('n2', 1);
    await cluster.advance(60_000);
    expect(cluster.clients).toMatchObject([{ end: 'completed', text: wholeAnswer }]);
  });

  it('waits without a limit where the queue has none', async () => {
    const cluster = await withLostNode(0);
    await cluster.advance(600_000);
    expect(cluster.clients).toMatchObject([{ end: null }]);
    await cluster.addNode('n2', 1);
    await cluster.advance(10_000);
    expect(cluster.clients).toMatchObject([{ end: 'completed', text: wholeAnswer }]);
  });
});

describe('generations that have lost their places', () => {
  function watched(): { clock: VirtualClock; homeless: HomelessGenerations; given: string[] } {
    const clock = new VirtualClock();
    const given: string[] = [];
    return { clock, given, homeless: new HomelessGenerations(clock, 1000, (id) => given.push(id)) };
  }

  it('share one patience between attempts, until one brings a token', () => {
    const { clock, homeless, given } = watched();
    homeless.lose('a');
    clock.advance(600);
    homeless.place('a');
    clock.advance(600);
    expect(given).toEqual([]);
    homeless.lose('a');
    clock.advance(0);
    expect(given).toEqual(['a']);

    homeless.lose('b');
    clock.advance(600);
    homeless.place('b');
    homeless.settle('b');
    homeless.lose('b');
    clock.advance(600);
    expect(given).toEqual(['a']);
    clock.advance(400);
    expect(given).toEqual(['a', 'b']);
  });

  it('are forgotten when they end', () => {
    const { clock, homeless, given } = watched();
    homeless.lose('a');
    homeless.settle('a');
    clock.advance(10_000);
    homeless.lose('b');
    homeless.stop();
    clock.advance(10_000);
    expect(given).toEqual([]);
  });
});
