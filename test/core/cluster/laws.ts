import fc from 'fast-check';
import { expect } from 'vitest';
import { SimulatedCluster, wholeAnswer } from './simulated-cluster.js';

/** Something that happens, and how much time passes then, in milliseconds. */
interface Step {
  readonly what:
    'ask' | 'kill node' | 'kill front' | 'cut' | 'mute' | 'deaf' | 'hang' | 'sleep' | 'add node' | 'storm' | 'calm';
  readonly which: number;
  readonly thenMs: number;
}

const what = fc.constantFrom<Step['what']>(
  ...([
    'ask',
    'ask',
    'ask',
    'ask',
    'kill node',
    'kill front',
    'cut',
    'cut',
    'mute',
    'deaf',
    'hang',
    'sleep',
    'add node',
    'storm',
    'calm',
  ] as const),
);
const step = fc.record({
  what,
  which: fc.nat(9),
  thenMs: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 300, max: 6000 })),
});

export const troubles = fc.record({ seed: fc.nat(1_000_000), steps: fc.array(step, { minLength: 5, maxLength: 30 }) });

const storm = { delayMs: [1, 60], lost: 0.05, repeated: 0.05 } as const;
const calm = { delayMs: [1, 2], lost: 0, repeated: 0 } as const;

/**
 * Whatever happens, as long as a front and a node are left: no node runs more than it has places for; each client of a living
 * front gets its whole answer once, or is refused before it has got anything; and requests of one front start in their order.
 */
export async function keepsTheLaws({ seed, steps }: { seed: number; steps: readonly Step[] }): Promise<void> {
  const cluster = new SimulatedCluster(seed);
  const fronts = ['f1', 'f2', 'f3'];
  const nodes = ['n1', 'n2'];
  const slots = 2;
  for (const id of fronts) await cluster.addFront(id);
  for (const id of nodes) await cluster.addNode(id, slots);
  await cluster.until(() => cluster.holders().length > 0, 5000);
  await cluster.advance(2000);
  let added = 0;
  for (const { what: kind, which, thenMs } of steps) {
    const front = fronts[which % fronts.length] ?? '';
    const node = nodes[which % nodes.length] ?? '';
    const member = [...fronts, ...nodes][which % (fronts.length + nodes.length)] ?? '';
    switch (kind) {
      case 'ask':
        cluster.ask(front);
        break;
      case 'kill node':
        if (nodes.length > 1) cluster.kill(nodes.splice(which % nodes.length, 1)[0] ?? node);
        break;
      case 'kill front':
        if (fronts.length > 1) cluster.kill(fronts.splice(which % fronts.length, 1)[0] ?? front);
        break;
      case 'cut':
        cluster.cut(member, true);
        await cluster.advance(thenMs);
        cluster.cut(member, false);
        break;
      case 'mute':
      case 'deaf':
        cluster.silence(member, kind);
        await cluster.advance(thenMs);
        cluster.silence(member, 'none');
        break;
      // NATS does not answer anybody, although nobody is told.
      case 'hang':
        for (const id of [...fronts, ...nodes]) cluster.silence(id, 'both');
        await cluster.advance(thenMs);
        for (const id of [...fronts, ...nodes]) cluster.silence(id, 'none');
        break;
      case 'sleep':
        cluster.sleep(member, true);
        await cluster.advance(thenMs);
        cluster.sleep(member, false);
        break;
      case 'add node':
        added += 1;
        cluster.network.weather = calm;
        if (nodes.length < 4) {
          await cluster.addNode(`added${added}`, slots);
          nodes.push(`added${added}`);
        }
        break;
      case 'storm':
        cluster.network.weather = storm;
        break;
      case 'calm':
        cluster.network.weather = calm;
    }
    await cluster.advance(thenMs);
  }
  cluster.network.weather = calm;
  const ours = cluster.clients.filter(({ front }) => fronts.includes(front));
  await cluster.until(() => ours.every(({ end }) => end !== null), 120_000);
  for (const { id, end, text, startedAs } of ours) {
    if (end === 'cluster_unavailable') expect([id, text, startedAs]).toEqual([id, '', null]);
    else expect([id, end, text]).toEqual([id, 'completed', wholeAnswer]);
  }
  for (const [, most] of cluster.most) expect(most).toBeLessThanOrEqual(slots);
  for (const front of fronts) {
    const started = ours.filter((client) => client.front === front && client.startedAs !== null);
    const inOrder = started.toSorted((one, other) => one.admittedMs - other.admittedMs);
    expect(inOrder.map(({ startedAs }) => startedAs)).toEqual(
      started.flatMap(({ startedAs }) => startedAs ?? []).sort(ascending),
    );
  }
}

function ascending(one: number, other: number): number {
  return one - other;
}
