import { expect, it } from 'vitest';
import { plainJob, Simulation } from '../core/bench/agents/simulation.js';

it('a bench counts each of two hundred agents, and knows how far apart they began', async () => {
  const simulation = new Simulation(1);
  simulation.network.weather = { delayMs: [1, 30], lost: 0, repeated: 0 };
  const agents = Array.from({ length: 200 }, (_, index) => simulation.agent(`agent-${index}`));
  const { load } = await simulation.settled(simulation.bench(200));
  await simulation.settled(load.prepare({ ...plainJob, shape: { type: 'closed', clients: 400 } }));
  const parts = await simulation.settled(load.start(new AbortController().signal));
  expect(parts.map(({ completed }) => completed)).toEqual(agents.map((_, index) => index + 1));
  expect(agents.map(({ load: { sent } }) => sent.map(({ shape }) => shape))).toEqual(
    agents.map(() => [{ type: 'closed', clients: 2 }]),
  );
  const { agents: told = [], startSpreadMs = Infinity } = load.agentsOfRun?.() ?? {};
  expect(told.map(({ status }) => status)).toEqual(agents.map(() => 'finished'));
  expect(startSpreadMs).toBeGreaterThan(0);
  expect(startSpreadMs).toBeLessThan(60);
  await load.close();
});
