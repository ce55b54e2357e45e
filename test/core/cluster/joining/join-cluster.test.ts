import { expect, it } from 'vitest';
import { openBuckets } from '../../../../src/core/cluster/joining/join-cluster.js';
import { MemoryNetwork } from '../../../support/memory-bus.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

it('refuses a NATS server that takes only messages too short for a cluster', async () => {
  const network = new MemoryNetwork(new VirtualClock(), () => 0.5);
  await expect(openBuckets(network.connect(8191))).rejects.toMatchObject({
    code: 'cluster_unavailable',
    message: 'NATS takes messages of at most 8191 bytes, but a cluster needs 8192.',
  });
  await expect(openBuckets(network.connect(8192))).resolves.toMatchObject({});
});
