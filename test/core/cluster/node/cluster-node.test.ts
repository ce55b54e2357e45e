import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Peer } from '../../../../src/core/cluster/channel/peer.js';
import { NodeLink } from '../../../../src/core/cluster/front/node-link.js';
import { ClusterNode } from '../../../../src/core/cluster/node/cluster-node.js';
import { createMockEngine } from '../../../../src/core/engine/mock/mock-engine.js';
import { inProcess } from '../../../support/in-process.js';
import { MemoryNetwork } from '../../../support/memory-bus.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { mockOptions, specOf } from '../../engine/mock/mock-harness.js';

const slots = 2;

/** A node of two slots, and two fronts that have been granted places by whoever holds the line, as they believe. */
async function simulation() {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, () => 0.5);
  const peerOf = (id: string): Peer => new Peer({ bus: network.connect(), id, clock });
  const engine = inProcess(createMockEngine({ ...mockOptions, slots, tokenMs: 60_000 }, clock));
  const info = await engine.start();
  const members = await network.connect().bucket('members', { ttlMs: 5000 });
  const node = new ClusterNode({ engine, info, name: 'n', peer: peerOf('n'), members, clock });
  const refused = new Set<string>();
  const fronts = ['f1', 'f2'].map(
    (id) =>
      new NodeLink(peerOf(id), 'n', {
        onRound: () => undefined,
        onRefused: (_link, name) => refused.add(name),
        onClosed: () => undefined,
      }),
  );
  return { clock, node, fronts, refused };
}

describe('a node of a cluster', () => {
  it('begins nothing that a holder without the newest lease has granted, and never more than it has slots for', async () => {
    const grant = fc.record({
      type: fc.constant('grant' as const),
      lease: fc.integer({ min: 1, max: 3 }),
      front: fc.nat(1),
    });
    const end = fc.record({ type: fc.constant('end' as const), which: fc.nat(1) });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof({ weight: 2, arbitrary: grant }, end), { maxLength: 20 }), async (steps) => {
        const { clock, node, fronts, refused } = await simulation();
        const running: { readonly id: string; readonly front: number }[] = [];
        let newest = 0;
        for (const [index, step] of steps.entries()) {
          if (step.type === 'end') {
            const [ending] = running.splice(step.which % Math.max(1, running.length), 1);
            if (ending !== undefined) fronts[ending.front]?.cancel(ending.id);
          } else {
            const id = `r${index}`;
            fronts[step.front]?.generate(specOf(id), step.lease, []);
            await clock.advanceAsync(10);
            const begins = step.lease >= newest && running.length < slots;
            if (begins) running.push({ id, front: step.front });
            if (begins) newest = step.lease;
            expect(refused.has(id)).toBe(!begins);
          }
          await clock.advanceAsync(10);
          expect(node.running).toBe(running.length);
        }
      }),
      { numRuns: 40, seed: 17 },
    );
  });

  it('ends its drain when the last generation has ended, or when the time is over', async () => {
    const { clock, node, fronts, refused } = await simulation();
    fronts[0]?.generate(specOf('a'), 1, []);
    fronts[1]?.generate(specOf('b'), 1, []);
    await clock.advanceAsync(10);
    const inTime = node.drain(60_000);
    const late = node.drain(1000);
    fronts[0]?.generate(specOf('c'), 1, []);
    await clock.advanceAsync(1100);
    expect(await late).toBe(2);
    expect(refused).toEqual(new Set(['c']));
    fronts[0]?.cancel('a');
    fronts[1]?.cancel('b');
    await clock.advanceAsync(10);
    expect(await inTime).toBe(0);
  });
});
