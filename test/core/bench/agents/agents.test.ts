import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoadJob } from '../../../../src/core/bench/load/job/load-job.js';
import { emptySnapshot, plainJob, type SimulatedAgent, Simulation } from './simulation.js';

const names = ['a', 'b', 'c'];
const never = new AbortController().signal;

function agentsIn(simulation: Simulation): readonly SimulatedAgent[] {
  return names.map((name) => simulation.agent(name));
}

/** Runs one after the other, and what each of them gave. */
async function runs(simulation: Simulation, jobs: readonly LoadJob[]): Promise<readonly (readonly number[])[]> {
  const { load } = await simulation.settled(simulation.bench(names.length));
  const given: (readonly number[])[] = [];
  for (const job of jobs) {
    await simulation.settled(load.prepare(job));
    const parts = await simulation.settled(load.start(never));
    given.push(parts.map(({ completed }) => completed).toSorted((one, other) => one - other));
  }
  await load.close();
  return given;
}

describe('a bench with several agents', () => {
  it('sends each of them its part, and gets what each has measured', async () => {
    const simulation = new Simulation(1);
    const agents = agentsIn(simulation);
    const { load } = await simulation.settled(simulation.bench(3));
    await simulation.settled(load.prepare(plainJob));
    const parts = await simulation.settled(load.start(never));
    expect(parts.map(({ completed }) => completed)).toEqual([1, 2, 3]);
    expect(load.agentsOfRun?.()).toMatchObject({ agents: names.map((name) => ({ name, status: 'finished' })) });
    for (const [worker, agent] of agents.entries()) {
      expect(agent.load.sent).toEqual([{ ...plainJob, worker, workers: 3, shape: { type: 'closed', clients: 2 } }]);
    }
    await load.close();
    await simulation.clock.advanceAsync(1000);
    expect(agents.map(({ events }) => events.at(-1))).toEqual(names.map(() => ({ type: 'free', cause: 'over' })));
  });

  it('says at most how far apart they began, whatever their clocks show', async () => {
    const simulation = new Simulation(1);
    simulation.network.weather = { delayMs: [1, 30], lost: 0, repeated: 0 };
    agentsIn(simulation);
    const { load } = await simulation.settled(simulation.bench(3));
    await simulation.settled(load.prepare(plainJob));
    await simulation.settled(load.start(never));
    const spread = load.agentsOfRun?.()?.startSpreadMs ?? Infinity;
    expect(spread).toBeGreaterThan(0);
    expect(spread).toBeLessThan(60);
  });

  it('does the same, once, when messages are lost, late and repeated', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const simulation = new Simulation(seed);
        simulation.network.weather = { delayMs: [1, 700], lost: 0.2, repeated: 0.2 };
        const agents = agentsIn(simulation);
        const jobs = [0, 1, 2].map((run) => ({ ...plainJob, run }));
        expect(await runs(simulation, jobs)).toEqual(jobs.map(() => [1, 2, 3]));
        for (const { load } of agents) expect(load.sent.map(({ run }) => run)).toEqual([0, 1, 2]);
      }),
      // Of all seeds, some lose so much that an agent is taken for lost.
      { numRuns: 8, seed: 1 },
    );
  });

  it('sends long loads and results in pieces that fit', async () => {
    // Compressed, it is still longer than a message.
    const content = Array.from({ length: 3000 }, (_, index) => String((index * 7919) % 65_537)).join(' ');
    const workload: LoadJob['workload'] = {
      ...{ type: 'prompts', seed: 1, salt: 0, sharedPrefixTokens: 0, scale: { perWord: 1, overhead: 0 } },
      outputTokens: { type: 'fixed', tokens: 4 },
      conversations: [[[{ role: 'user', content }]]],
    };
    const simulation = new Simulation(1, 4096);
    const agents = agentsIn(simulation);
    await runs(simulation, [{ ...plainJob, workload }]);
    expect(agents[2]?.load.sent[0]?.workload).toEqual(workload);
    // The network refuses what is longer.
    expect(simulation.network.sent.largest).toBe(4096);
  });

  it('hears how far each of them is, however much there is to say and however little fits into a message', async () => {
    // With this many objectives, the state of an agent takes several messages.
    const countsIn = (bin: number): number[] =>
      Array.from({ length: 20 }, (_, index) => ((bin * 20 + index) * 7919) % 65_537);
    const bins = Array.from({ length: 64 }, (_, bin) => {
      const counts = countsIn(bin);
      return { sent: 1, firstTokens: 1, ttftUs: 1, streamUs: 1, inFlightUs: 1, judged: counts, missed: counts };
    });
    const trend = { binUs: 100_000, bins };
    const simulation = new Simulation(1, 2048);
    simulation.network.weather = { delayMs: [1, 5], lost: 0, repeated: 0.2 };
    for (const name of names) simulation.agent(name, { snapshot: { ...emptySnapshot, trend } });
    const { load } = await simulation.settled(simulation.bench(3));
    await simulation.settled(load.prepare({ ...plainJob, durationMs: 10_000 }));
    const parts = load.start(never);
    await simulation.clock.advanceAsync(5000);
    expect(load.snapshots().map(({ trend: told }) => told)).toEqual(names.map(() => trend));
    await simulation.settled(parts);
    expect(load.agentsOfRun?.()?.agents.map(({ status }) => status)).toEqual(names.map(() => 'finished'));
    expect(simulation.network.sent.largest).toBeLessThanOrEqual(2048);
  });

  it('hears of a failure that has more to say than fits into a message', async () => {
    const simulation = new Simulation(1, 2048);
    const [first] = agentsIn(simulation);
    const { load } = await simulation.settled(simulation.bench(3));
    const message = Array.from({ length: 2000 }, (_, index) => String((index * 7919) % 65_537)).join(' ');
    if (first !== undefined) first.load.prepare = () => Promise.reject(new Error(message));
    await expect(simulation.settled(load.prepare(plainJob))).rejects.toThrow(message);
  });

  it('is told at once what an agent cannot do', async () => {
    const simulation = new Simulation(1);
    const [first] = agentsIn(simulation);
    const { load } = await simulation.settled(simulation.bench(3));
    if (first !== undefined) first.load.prepare = () => Promise.reject(new Error('out of sockets'));
    await expect(simulation.settled(load.prepare(plainJob))).rejects.toThrow('Agent a: out of sockets');
  });

  it('ends early on all of them, with what they have by then', async () => {
    const simulation = new Simulation(1);
    agentsIn(simulation);
    const { load } = await simulation.settled(simulation.bench(3));
    await simulation.settled(load.prepare({ ...plainJob, durationMs: 3_600_000 }));
    const stop = new AbortController();
    const parts = load.start(stop.signal);
    await simulation.clock.advanceAsync(1000);
    stop.abort();
    expect((await simulation.settled(parts, 5000)).length).toBe(3);
  });
});
