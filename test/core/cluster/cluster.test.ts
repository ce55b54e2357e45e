import { describe, expect, it } from 'vitest';
import { SimulatedCluster, wholeAnswer } from './simulated-cluster.js';

/** Two nodes with one place each, and two fronts. The nodes hold no line, because the fronts were there first. */
async function smallCluster(seed = 1, ttftTargetMs: number | null = null): Promise<SimulatedCluster> {
  const cluster = new SimulatedCluster(seed, ttftTargetMs);
  await cluster.addFront('f1');
  await cluster.addFront('f2');
  await cluster.addNode('n1', 1);
  await cluster.addNode('n2', 1);
  await cluster.until(() => cluster.holders().length === 1, 5000);
  await cluster.advance(2000);
  return cluster;
}

async function completes(cluster: SimulatedCluster, mostMs = 60_000): Promise<void> {
  await cluster.until(() => cluster.clients.every(({ end }) => end !== null), mostMs);
  for (const { id, end, text } of cluster.clients) expect([id, end, text]).toEqual([id, 'completed', wholeAnswer]);
}

function starts(cluster: SimulatedCluster): (number | null)[] {
  return cluster.clients.map(({ startedAs }) => startedAs);
}

describe('a cluster', () => {
  it('answers through any front, in the order in which the requests came, with one at a time in each place', async () => {
    const cluster = await smallCluster();
    for (const front of ['f1', 'f2', 'f2', 'f1', 'f2', 'f1']) {
      cluster.ask(front);
      await cluster.advance(50);
    }
    await completes(cluster);
    expect(starts(cluster)).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...cluster.most.values()]).toEqual([1, 1]);
  });

  it('goes on at another node, after the last token, when one dies', async () => {
    const cluster = await smallCluster();
    for (const front of ['f1', 'f2', 'f1']) cluster.ask(front);
    await cluster.advance(1000);
    cluster.kill('n1');
    await completes(cluster);
  });

  it('fails a generation under which five nodes have died, and leaves the others alone', async () => {
    const cluster = new SimulatedCluster(1);
    await cluster.addFront('f1');
    const nodes = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];
    for (const id of nodes) await cluster.addNode(id, 1, 2000);
    await cluster.advance(3000);
    const killer = cluster.ask('f1');
    const alive = new Set(nodes);
    const victim = (): string | undefined => [...alive].find((id) => cluster.runningAt(id) > 0);
    while (killer.end === null) {
      await cluster.until(() => victim() !== undefined || killer.end !== null, 15_000);
      const id = victim();
      if (id === undefined) break;
      cluster.kill(id);
      alive.delete(id);
    }
    expect([killer.end, alive.size]).toEqual(['engine_failed', 2]);
    const other = cluster.ask('f1');
    await cluster.until(() => other.end !== null, 60_000);
    expect([other.end, other.text]).toEqual(['completed', wholeAnswer]);
  });

  it('keeps the order, and what runs, when the holder of the line dies', async () => {
    const cluster = await smallCluster();
    const [holder = ''] = cluster.holders();
    const other = holder === 'f1' ? 'f2' : 'f1';
    for (let request = 0; request < 6; request += 1) {
      cluster.ask(other);
      await cluster.advance(50);
    }
    cluster.kill(holder);
    const hasOther = (): boolean => cluster.holders().some((id) => id !== holder);
    expect(await cluster.until(hasOther, 5000)).toBe(true);
    await completes(cluster);
    expect(starts(cluster)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('keeps the order between several fronts when the holder of the line dies', async () => {
    const cluster = new SimulatedCluster(1);
    const fronts = ['f1', 'f2', 'f3'];
    for (const id of fronts) await cluster.addFront(id);
    await cluster.addNode('n1', 1);
    await cluster.advance(3000);
    const [holder = ''] = cluster.holders();
    const others = fronts.filter((id) => id !== holder);
    for (let request = 0; request < 8; request += 1) {
      cluster.ask(others[request % 2] ?? '');
      await cluster.advance(50);
    }
    cluster.kill(holder);
    await completes(cluster);
    expect(starts(cluster)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('knows how much each key has been served, when the holder of the line dies', async () => {
    const cluster = new SimulatedCluster(1, null, ['anna', 'ben', 'carl', 'dora']);
    await cluster.addFront('f1');
    await cluster.addFront('f2');
    await cluster.addNode('n1', 1);
    await cluster.advance(3000);
    const [holder = ''] = cluster.holders();
    const other = holder === 'f1' ? 'f2' : 'f1';
    for (let request = 0; request < 3; request += 1) cluster.ask(other, null, { key: 'anna' });
    await completes(cluster);
    await cluster.advance(3000);
    cluster.kill(holder);
    await cluster.until(() => cluster.holders().includes(other), 10_000);
    await cluster.advance(2000);
    // While the first of them runs, the others come; a key that comes is as far as the last of those that wait.
    for (const key of ['dora', 'carl', 'anna', 'ben']) {
      cluster.ask(other, null, { key });
      await cluster.advance(50);
    }
    await completes(cluster);
    expect(starts(cluster)).toEqual([1, 2, 3, 4, 5, 7, 6]);
  });

  it.each([
    { what: 'most of it', shared: 640, own: 128 },
    { what: 'a short beginning', shared: 128, own: 640 },
  ])('sends a prompt to the node that knows $what', async ({ shared, own }) => {
    const cluster = new SimulatedCluster(1);
    const nodes = ['n1', 'n2', 'n3'];
    await cluster.addFront('f1');
    for (const id of nodes) await cluster.addNode(id, 2);
    await cluster.advance(3000);
    const running = (): string[] => nodes.filter((id) => cluster.runningAt(id) > 0);
    const ask = async (text: string): Promise<void> => {
      cluster.ask('f1', null, { text });
      await cluster.advance(500);
    };
    // Without what nodes announce, the first of them that are idle gets a prompt.
    await ask('Something else.');
    const [usual] = running();
    await ask('k'.repeat(shared) + 'a'.repeat(own));
    const knowing = running().filter((id) => id !== usual);
    expect(knowing).toHaveLength(1);
    await completes(cluster);
    await cluster.advance(3000);
    await ask('k'.repeat(shared) + 'b'.repeat(own));
    expect(running()).toEqual(knowing);
    await completes(cluster);
  });

  it('keeps to --ttft-target for those that waited before, when the holder of the line dies', async () => {
    const cluster = await smallCluster(1, 6000);
    const [holder = ''] = cluster.holders();
    const other = holder === 'f1' ? 'f2' : 'f1';
    for (let request = 0; request < 8; request += 1) {
      cluster.ask(other);
      await cluster.advance(50);
    }
    cluster.kill(holder);
    await cluster.until(() => cluster.clients.every(({ end }) => end !== null), 60_000);
    const ends = cluster.clients.map(({ end }) => end);
    expect(ends.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => 'completed'));
    expect(ends.slice(-2)).toEqual(['ttft_target', 'ttft_target']);
  });

  it('ends what a dead front had, within five seconds', async () => {
    const cluster = await smallCluster();
    await cluster.addNode('slow', 1, 60_000);
    for (let request = 0; request < 3; request += 1) cluster.ask('f1');
    await cluster.advance(2000);
    expect(cluster.runningAt('slow')).toBe(1);
    cluster.kill('f1');
    await cluster.advance(5000);
    expect(cluster.runningAt('slow')).toBe(0);
  });

  it('refuses new requests while NATS is away, and comes back by itself', async () => {
    const cluster = await smallCluster();
    const members = ['f1', 'f2', 'n1', 'n2'];
    cluster.ask('f1');
    await cluster.advance(500);
    for (const id of members) cluster.cut(id, true);
    await cluster.advance(3000);
    const refused = cluster.ask('f1');
    await cluster.advance(3000);
    expect(refused.end).toBe('cluster_unavailable');
    expect(cluster.readinessOf('f1')).toBe('no_nats');
    cluster.clients.pop();
    for (const id of members) cluster.cut(id, false);
    await cluster.advance(8000);
    cluster.ask('f2');
    expect(cluster.readinessOf('f1')).toBe('ready');
    await completes(cluster);
    for (const id of ['n1', 'n2']) cluster.kill(id);
    await cluster.advance(8000);
    expect(cluster.readinessOf('f1')).toBe('no_nodes');
  });

  it('gives up a prompt that a node was to prepare when NATS has been away for 15 s', async () => {
    const cluster = await smallCluster();
    for (const id of ['n1', 'n2']) cluster.silence(id, 'deaf');
    const waiting = cluster.ask('f1');
    await cluster.advance(250);
    for (const id of ['f1', 'f2', 'n1', 'n2']) cluster.cut(id, true);
    await cluster.advance(14_000);
    expect(waiting.end).toBe(null);
    await cluster.advance(1500);
    expect(waiting.end).toBe('cluster_unavailable');
  });

  it('goes on generating while NATS hangs, which nobody is told', async () => {
    const cluster = new SimulatedCluster(1);
    const members = ['f1', 'f2', 'n1'];
    await cluster.addFront('f1');
    await cluster.addFront('f2');
    await cluster.addNode('n1', 1, 1000);
    await cluster.advance(3000);
    const running = cluster.ask('f1');
    await cluster.advance(2000);
    for (const id of members) cluster.silence(id, 'both');
    await cluster.advance(3000);
    const refused = cluster.ask('f1');
    await cluster.advance(5000);
    expect(cluster.runningAt('n1')).toBe(1);
    expect(refused.end).toBe('cluster_unavailable');
    for (const id of members) cluster.silence(id, 'none');
    // Twelve tokens, each of which takes a second: the node has lost no time.
    await cluster.advance(5000);
    expect([running.end, running.text]).toEqual(['completed', wholeAnswer]);
    cluster.clients.pop();
    await cluster.advance(3000);
    cluster.ask('f2');
    await completes(cluster);
  });

  it('lets no holder grant anything that is cut off from the others', async () => {
    const cluster = await smallCluster();
    const [holder = ''] = cluster.holders();
    cluster.cut(holder, true);
    await cluster.until(() => cluster.holders().some((id) => id !== holder), 5000);
    expect(cluster.holders()).not.toContain(holder);
    cluster.cut(holder, false);
    await cluster.advance(3000);
    expect(cluster.holders()).toHaveLength(1);
    cluster.ask(holder);
    await completes(cluster);
  });

  it('follows what the nodes say of the model, when others have taken the place of all', async () => {
    const cluster = await smallCluster();
    expect(cluster.contextAt('f1')).toBe(4096);
    await cluster.addNode('larger', 1, 200, { context: 8192 });
    await cluster.advance(2000);
    expect(cluster.contextAt('f1')).toBe(4096);
    cluster.kill('n1');
    cluster.kill('n2');
    await cluster.until(() => cluster.contextAt('f1') === 8192, 15_000);
    expect(cluster.contextAt('f1')).toBe(8192);
    for (const front of ['f1', 'f2']) cluster.ask(front);
    await completes(cluster);
  });

  it('gives requests without a model to one that has nodes, and turns its limits', async () => {
    const cluster = new SimulatedCluster(1);
    await cluster.addFront('f1');
    await cluster.addNode('n1', 1, 200, { model: 'former' });
    await cluster.addNode('n2', 2);
    await cluster.advance(3000);
    cluster.kill('n1');
    await cluster.advance(6000);
    cluster.resize('f1', { maxConcurrency: 2 });
    let refusal: unknown = null;
    try {
      cluster.resize('f1', { maxConcurrency: 3 });
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ hint: 'Start more nodes, or nodes with more --slots, to allow more.' });
    cluster.ask('f1');
    await completes(cluster);
    cluster.kill('n2');
    await cluster.advance(6000);
    expect(() => {
      cluster.resize('f1', { maxConcurrency: 2 });
    }).toThrow('No node of the cluster');
  });

  it('forgets a model that no node has had for a minute, but not one for which requests wait', async () => {
    const cluster = new SimulatedCluster(1);
    await cluster.addFront('f1');
    await cluster.addNode('n1', 1, 200, { model: 'former' });
    await cluster.addNode('n2', 1, 200, { model: 'lasting' });
    await cluster.advance(3000);
    cluster.kill('n1');
    await cluster.advance(30_000);
    expect(cluster.modelsAt('f1')).toEqual(['lasting', 'former']);
    expect(cluster.linesAt('f1')).toEqual(['former', 'lasting']);
    await cluster.advance(40_000);
    expect(cluster.modelsAt('f1')).toEqual(['lasting']);
    expect(cluster.linesAt('f1')).toEqual(['lasting']);
    await cluster.addNode('n3', 1, 200, { model: 'former' });
    await cluster.advance(3000);
    cluster.ask('f1', 'former');
    await completes(cluster);
    cluster.ask('f1', 'lasting');
    await cluster.advance(500);
    cluster.kill('n2');
    await cluster.advance(120_000);
    expect(cluster.modelsAt('f1')).toEqual(['former', 'lasting']);
    await cluster.addNode('n4', 1, 200, { model: 'lasting' });
    await completes(cluster);
  });

  it('shows nodes of one name each under a name of its own, also those of different models', async () => {
    const cluster = new SimulatedCluster(1);
    await cluster.addFront('f1');
    await cluster.addNode('a1', 1, 200, { name: 'gpu' });
    await cluster.addNode('b2', 1, 200, { name: 'gpu', model: 'other' });
    await cluster.addNode('c3', 1);
    await cluster.advance(2000);
    expect(cluster.nodesAt('f1').toSorted()).toEqual(['c3', 'gpu-a1', 'gpu-b2']);
  });

  it('turns the limits of all models, and says which of them refuse', async () => {
    const cluster = new SimulatedCluster(1);
    await cluster.addFront('f1');
    await cluster.addNode('n1', 1, 200, { model: 'small' });
    await cluster.addNode('n2', 4, 200, { model: 'large' });
    await cluster.advance(3000);
    expect(() => {
      cluster.resize('f1', { maxConcurrency: 3 });
    }).toThrow('small: max_concurrency can be at most 1');
    expect(cluster.limitsAt('f1')).toEqual({ small: 1, large: 3 });
  });

  it('keeps new limits before it says so, also if the first attempt to write them is lost', async () => {
    const cluster = await smallCluster();
    cluster.silence('f1', 'mute');
    cluster.resize('f1', { maxConcurrency: 1 });
    const answer = cluster.limitsKeptAt('f1');
    await cluster.advance(1000);
    expect([answer.said, cluster.limitsAt('f2')]).toEqual([null, { mock: 2 }]);
    cluster.silence('f1', 'none');
    await cluster.until(() => answer.said !== null, 4000);
    expect([answer.said, cluster.limitsAt('f2')]).toEqual(['kept', { mock: 1 }]);
  });

  it('says that new limits may be lost, if NATS does not take them', async () => {
    const cluster = await smallCluster();
    cluster.silence('f1', 'mute');
    cluster.resize('f1', { maxConcurrency: 1 });
    const answer = cluster.limitsKeptAt('f1');
    await cluster.advance(5000);
    expect([answer.said, cluster.limitsAt('f2')]).toEqual(['cluster_unavailable', { mock: 2 }]);
  });
});
