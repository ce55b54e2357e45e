import { describe, expect, it } from 'vitest';
import { ChatstreamError } from '../../../../src/core/base/errors.js';
import { benchPatienceMs } from '../../../../src/core/bench/agents/agent.js';
import { agentPatienceMs } from '../../../../src/core/bench/agents/remote-agent.js';
import type { AgentsOfRun } from '../../../../src/core/bench/record/agent-part.js';
import { LatencyHistogram } from '../../../../src/core/measurement/latency/histogram.js';
import { emptyPart, plainJob, type SimulatedAgent, Simulation } from './simulation.js';

const names = ['a', 'b', 'c'];
const never = new AbortController().signal;

/** Two runs; what the last one that began says of its agents, or the error that ended it. */
async function measured(simulation: Simulation): Promise<AgentsOfRun | ChatstreamError> {
  const found = await simulation.settled(simulation.bench(names.length).catch(ownError));
  if (found instanceof ChatstreamError) return found;
  const { load } = found;
  try {
    for (const run of [0, 1]) {
      await simulation.settled(load.prepare({ ...plainJob, run }), 60_000);
      await simulation.settled(load.start(never), 60_000);
      const agents = load.agentsOfRun?.() ?? null;
      if (agents === null) throw new Error('nothing is known of the agents');
      if (run === 1 || agents.agents.some(({ status }) => status !== 'finished')) return agents;
    }
    throw new Error('there were two runs');
  } catch (error) {
    return ownError(error);
  } finally {
    await load.close();
  }
}

function ownError(error: unknown): ChatstreamError {
  if (error instanceof ChatstreamError) return error;
  throw error;
}

/** Whether agents wait for work again, once benches that are silent are given up. */
async function becomeFree(simulation: Simulation, agents: readonly SimulatedAgent[]): Promise<boolean> {
  await simulation.clock.advanceAsync(benchPatienceMs + 5000);
  return agents.every(({ events }) => events.at(-1)?.type === 'free');
}

describe('an agent that is lost', () => {
  // The search ends after 0.6 s, the first run after 2.5 s, the second after 4.3 s.
  it.each([0, 300, 550, 700, 800, 900, 1500, 2400, 2600, 2700, 3500, 4300, 4400])(
    'is named if it dies after %d ms, and the others are free again',
    async (diesMs) => {
      const simulation = new Simulation(1);
      const agents = names.map((name) => simulation.agent(name));
      const [, dying] = agents;
      simulation.clock.schedule(diesMs, () => {
        if (dying !== undefined) dying.bus.isCut = true;
      });
      const outcome = await measured(simulation);
      expect(
        await becomeFree(
          simulation,
          agents.filter((agent) => agent !== dying),
        ),
      ).toBe(true);
      if (outcome instanceof ChatstreamError) {
        const message = expect.stringMatching(/^Agent b did not answer for 15 s|^Only 2 of 3 agents/) as unknown;
        expect(outcome).toMatchObject({ code: 'cluster_unavailable', message });
      } else {
        expect(outcome.agents.map(({ status }) => status)).toEqual(['finished', 'lost', 'finished']);
      }
    },
  );

  it('that is stopped says so, so that nobody waits for it', async () => {
    const simulation = new Simulation(1);
    const [a] = names.map((name) => simulation.agent(name));
    const { load } = await simulation.settled(simulation.bench(3));
    await simulation.settled(load.prepare({ ...plainJob, durationMs: 3_600_000 }));
    const parts = load.start(never);
    await simulation.clock.advanceAsync(1000);
    await a?.agent.stop();
    expect((await simulation.settled(parts, agentPatienceMs / 2)).map(({ completed }) => completed)).toEqual([2, 3]);
    expect(load.agentsOfRun?.()).toMatchObject({ agents: [{ status: 'lost', problem: 'was stopped' }, {}, {}] });
  });

  it('ends the run with an error if none is left', async () => {
    const simulation = new Simulation(1);
    const only = simulation.agent('a');
    const { load } = await simulation.settled(simulation.bench(1));
    await simulation.settled(load.prepare(plainJob));
    const parts = load.start(never);
    only.bus.isCut = true;
    await expect(simulation.settled(parts)).rejects.toMatchObject({ code: 'cluster_unavailable' });
  });

  it('is not one whose connection is away for some seconds', async () => {
    const simulation = new Simulation(1);
    const [a] = names.map((name) => simulation.agent(name));
    const { load } = await simulation.settled(simulation.bench(3));
    await simulation.settled(load.prepare({ ...plainJob, durationMs: 20_000 }));
    const parts = load.start(never);
    await simulation.clock.advanceAsync(1000);
    if (a !== undefined) a.bus.isCut = true;
    await simulation.clock.advanceAsync(agentPatienceMs - 3000);
    if (a !== undefined) a.bus.isCut = false;
    expect((await simulation.settled(parts)).length).toBe(3);
    expect(load.agentsOfRun?.()?.agents.map(({ status }) => status)).toEqual(['finished', 'finished', 'finished']);
  });
});

describe('an agent that lags', () => {
  it('is late if the start may not have reached it in time', async () => {
    const simulation = new Simulation(1);
    const [, , c] = names.map((name) => simulation.agent(name));
    const { load } = await simulation.settled(simulation.bench(3));
    await simulation.settled(load.prepare({ ...plainJob, durationMs: 5000 }));
    if (c !== undefined) c.bus.isCut = true;
    const parts = load.start(never);
    await simulation.clock.advanceAsync(1900);
    if (c !== undefined) c.bus.isCut = false;
    await simulation.settled(parts);
    const problem = expect.stringMatching(/^may have begun \d+ ms late$/) as unknown;
    expect(load.agentsOfRun?.()).toMatchObject({ agents: [{ status: 'finished' }, {}, { status: 'late', problem }] });
  });

  it('is late if it stood still', async () => {
    const simulation = new Simulation(1);
    const loopDelay = new LatencyHistogram();
    loopDelay.record(3_100_000);
    simulation.agent('a', { partOf: (job) => ({ ...emptyPart(job), loopDelay }) });
    const { load } = await simulation.settled(simulation.bench(1));
    await simulation.settled(load.prepare(plainJob));
    await simulation.settled(load.start(never));
    const problem = expect.stringMatching(/^stood still for 31\d\d ms$/) as unknown;
    expect(load.agentsOfRun?.()).toMatchObject({ agents: [{ status: 'late', problem }] });
  });
});

describe('a bench that is lost', () => {
  it('leaves its agents free for the next one', async () => {
    const simulation = new Simulation(1);
    const agents = names.map((name) => simulation.agent(name));
    const first = await simulation.settled(simulation.bench(3));
    await simulation.settled(first.load.prepare({ ...plainJob, durationMs: 3_600_000 }));
    const lost = first.load.start(never).catch(() => null);
    await simulation.clock.advanceAsync(1000);
    first.bus.isCut = true;
    expect(await becomeFree(simulation, agents)).toBe(true);
    expect(agents[0]?.events.at(-1)).toEqual({ type: 'free', cause: 'silent' });
    expect(await lost).toBeNull();
    const second = await simulation.settled(simulation.bench(3, { session: 'two' }));
    await simulation.settled(second.load.prepare(plainJob));
    expect(await simulation.settled(second.load.start(never))).toHaveLength(3);
  });
});

describe('a search for agents', () => {
  it('waits for those that come later', async () => {
    const simulation = new Simulation(1);
    const found: number[] = [];
    const bench = simulation.bench(2, { onFound: (there) => found.push(there) });
    await simulation.clock.advanceAsync(5000);
    simulation.agent('a');
    await simulation.clock.advanceAsync(5000);
    simulation.agent('b');
    await simulation.settled(bench);
    expect(found).toEqual([0, 1, 2]);
  });

  it('says how to start them if they do not come, and which are busy', async () => {
    const simulation = new Simulation(1);
    names.map((name) => simulation.agent(name));
    await simulation.settled(simulation.bench(2, { session: 'other' }));
    const error = await simulation.settled(simulation.bench(2).catch((reason: unknown) => reason));
    expect(error).toMatchObject({
      code: 'cluster_unavailable',
      message: 'Only 1 of 2 agents could be had within 30 s at nats://there:4222; a, b worked for another bench.',
      hint: 'Start more of them: chatstream bench-agent --cluster nats://there:4222',
    });
  });

  it.each([
    ['messages', { version: 2, tool: '1.2.3' }, 'chatstream 1.2.3 (messages 2)'],
    ['the program', { version: 1, tool: '1.3.0' }, 'chatstream 1.3.0 (messages 1)'],
  ])('refuses another version of %s, and both say so', async (_, as, text) => {
    const simulation = new Simulation(1);
    const older = simulation.agent('old');
    const newer = simulation.agent('new', {}, as);
    const error = await simulation.settled(simulation.bench(2).catch((reason: unknown) => reason));
    expect(error).toMatchObject({
      message: expect.stringContaining(`other versions cannot take part (new: ${text})`) as unknown,
    });
    expect(newer.events[0]).toEqual({ type: 'refused', speaker: { version: 1, tool: '1.2.3' } });
    expect(older.events[0]).toEqual({ type: 'claimed', host: 'here' });
  });
});
