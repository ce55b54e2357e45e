import { expect, it } from 'vitest';
import { SimulatedCluster } from '../simulated-cluster.js';

it('requests that come before any node are refused, and counted as refused', async () => {
  const cluster = new SimulatedCluster(1);
  await cluster.addFront('f1');
  const clients = [cluster.ask('f1'), cluster.ask('f1', 'mock')];
  await cluster.advance(250);
  expect(clients.map(({ end }) => end)).toEqual(['cluster_unavailable', 'cluster_unavailable']);
  expect(cluster.ended).toEqual([
    { id: 'r0', outcome: 'refused' },
    { id: 'r1', outcome: 'refused' },
  ]);
});

it.each([
  ['while the model of the last node is still listed', 10_000],
  ['when it is forgotten', 100_000],
])('requests that come after the last node has died are refused and counted, %s', async (_when, laterMs) => {
  const cluster = new SimulatedCluster(1);
  await cluster.addFront('f1');
  await cluster.addNode('n1', 1);
  await cluster.advance(3000);
  cluster.kill('n1');
  await cluster.advance(laterMs);
  const client = cluster.ask('f1');
  await cluster.until(() => client.end !== null, 20_000);
  expect(client.end).toBe('cluster_unavailable');
  expect(cluster.ended).toMatchObject([{ id: 'r0', outcome: 'refused' }]);
});

it('nothing may run at once without nodes', async () => {
  const cluster = new SimulatedCluster(1);
  await cluster.addFront('f1');
  expect(cluster.roomAt('f1')).toMatchObject({ maxConcurrency: 0, slots: 0 });
  await cluster.addNode('n1', 2);
  await cluster.advance(3000);
  expect(cluster.roomAt('f1')).toMatchObject({ maxConcurrency: 2, slots: 2 });
  cluster.kill('n1');
  await cluster.advance(10_000);
  expect(cluster.roomAt('f1')).toMatchObject({ maxConcurrency: 0, slots: 0 });
});

it('requests for a model that there is not are mistakes, and not counted', async () => {
  const cluster = new SimulatedCluster(1);
  await cluster.addFront('f1');
  await cluster.addNode('n1', 1);
  await cluster.advance(3000);
  const client = cluster.ask('f1', 'another');
  await cluster.advance(250);
  expect([client.end, cluster.ended]).toEqual(['model_not_found', []]);
});
