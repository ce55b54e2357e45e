import fc from 'fast-check';
import { expect, vi } from 'vitest';
import { NodePlaces } from '../../../src/core/cluster/line/node-places.js';
import { type Client, SimulatedCluster, wholeAnswer } from './simulated-cluster.js';

/** Something that happens, and how much time passes then, in milliseconds. */
interface Step {
  readonly what: 'ask' | 'kill the holder' | 'storm' | 'calm';
  readonly which: number;
  readonly thenMs: number;
}

const what = fc.constantFrom<Step['what']>(
  'ask',
  'ask',
  'ask',
  'ask',
  'ask',
  'ask',
  'kill the holder',
  'storm',
  'calm',
);
const thenMs = fc.oneof(
  { arbitrary: fc.integer({ min: 1, max: 200 }), weight: 5 },
  { arbitrary: fc.integer({ min: 200, max: 4000 }), weight: 1 },
);
const step = fc.record({ what, which: fc.nat(9), thenMs });

export const crowds = fc.record({ seed: fc.nat(1_000_000), steps: fc.array(step, { minLength: 15, maxLength: 50 }) });

const storm = { delayMs: [1, 60], lost: 0.15, repeated: 0.1 } as const;
const calm = { delayMs: [1, 2], lost: 0, repeated: 0 } as const;

/**
 * Between all fronts, nobody loses a place to one who came later: a request that was asked for after another one was told its place
 * gets its turn after it, whichever fronts they came through, however often the holder of the line dies, and whatever is late, lost
 * or repeated on the way. What came through fronts that died does not count; all others
 * get their whole answers, or are refused before they have a place.
 */
export async function keepsTheOrder({ seed, steps }: { seed: number; steps: readonly Step[] }): Promise<void> {
  // What the line decides, and not what it sends: to a front whose channel has just ended, it sends nothing, and keeps the place.
  using decisions = vi.spyOn(NodePlaces.prototype, 'choose');
  const cluster = new SimulatedCluster(seed);
  const nodes = ['n1', 'n2'];
  const fronts = ['f1', 'f2', 'f3'];
  // A node may be the holder as well: it is there first.
  for (const id of nodes) await cluster.addNode(id, 1);
  await cluster.advance(2000);
  for (const id of fronts) await cluster.addFront(id);
  await cluster.advance(2000);
  for (const { what: kind, which, thenMs: passingMs } of steps) {
    switch (kind) {
      case 'ask':
        cluster.ask(fronts[which % fronts.length] ?? '');
        break;
      case 'kill the holder':
        await replaceHolder(cluster, nodes, fronts);
        break;
      case 'storm':
        cluster.network.weather = storm;
        break;
      case 'calm':
        cluster.network.weather = calm;
    }
    await cluster.advance(passingMs);
  }
  cluster.network.weather = calm;
  const ours = cluster.clients.filter(({ front }) => fronts.includes(front));
  await cluster.until(() => ours.every(({ end }) => end !== null), 600_000);
  for (const { id, end, text, placedAs } of ours) {
    // By a front that has just joined, or has no line for ten seconds.
    if (placedAs === null && text === '') expect(end).toMatch(/^(?:engine|cluster)_unavailable$/);
    else expect([id, end, text]).toEqual([id, 'completed', wholeAnswer]);
  }
  const { calls, results } = decisions.mock;
  const granted = calls.flatMap(([{ id }], index) => (results[index]?.value === null ? [] : [id]));
  const grantedAs = ({ id }: Client): number => (granted.includes(id) ? granted.indexOf(id) : Infinity);
  const overtaken = ours.flatMap((earlier) => {
    const { placedAs } = earlier;
    if (placedAs === null) return [];
    return ours
      .filter((later) => later.askedAs > placedAs && grantedAs(later) < grantedAs(earlier))
      .map((later) => `${later.id} through ${later.front} before ${earlier.id} through ${earlier.front}`);
  });
  expect(overtaken).toEqual([]);
}

/** Kills the process that holds the line, once another one of its kind has joined. The weather is as it was, then. */
async function replaceHolder(cluster: SimulatedCluster, nodes: string[], fronts: string[]): Promise<void> {
  const holder = cluster.holders().find((id) => nodes.includes(id) || fronts.includes(id));
  if (holder === undefined) return;
  const { weather } = cluster.network;
  cluster.network.weather = calm;
  const ids = nodes.includes(holder) ? nodes : fronts;
  const next = `${ids[0]?.slice(0, 1) ?? ''}${cluster.members + 1}`;
  await (ids === nodes ? cluster.addNode(next, 1) : cluster.addFront(next));
  cluster.network.weather = weather;
  cluster.kill(holder);
  ids.splice(ids.indexOf(holder), 1, next);
}
