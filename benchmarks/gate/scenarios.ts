import type { Noise } from './noisy-machine.js';
import type { Order, Scenario } from './simulated-comparison.js';
import type { SimulatedServer } from './simulated-trial.js';

/** A machine, and how much requests of the same length differ on it. */
interface Surroundings {
  readonly noise: Noise;
  readonly spread: number;
}

export const surroundings = {
  /** A machine that does nothing else. */
  quiet: {
    noise: { drift: 0.02, driftMs: 120_000, stallEveryMs: 120_000, longestStallMs: 100 },
    spread: 0.1,
  },
  /** A virtual machine on which other programs work now and then: as measured (README.md). */
  ordinary: {
    noise: { drift: 0.04, driftMs: 5000, stallEveryMs: 10_000, longestStallMs: 30 },
    spread: 0.2,
  },
  /**
   * One that drifts as much within a minute, and that its host stops for longer: worse than the one that was measured.
   */
  shared: {
    noise: { drift: 0.08, driftMs: 120_000, stallEveryMs: 30_000, longestStallMs: 300 },
    spread: 0.2,
  },
} as const satisfies Record<string, Surroundings>;

export type MachineName = keyof typeof surroundings;

/** How the candidate differs from the baseline. */
export const changes = {
  'nothing changed': () => 1,
  '10 % slower': () => 1.1,
  '20 % slower': () => 1.2,
  '20 % slower above the median': (place: number) => (place > 0 ? 1.2 : 1),
} as const satisfies Record<string, SimulatedServer['slowdown']>;

export type ChangeName = keyof typeof changes;

/** Half a second of prompt and answer; a trial of 200 requests takes about 20 s. */
const server = { slots: 4, prefillMs: 40, tokenMs: 6, outputTokens: 64 } as const;

/** `queued`: twice as many clients as slots, so that half of the latency is waiting. */
export type LoadName = 'queued' | 'no queue';

export interface ScenarioOptions {
  readonly machine: MachineName;
  readonly change: ChangeName;
  readonly order: Order;
  readonly load: LoadName;
  readonly trials: number;
  /** Per trial. */
  readonly requests: number;
  /** Fewer than `trials` if they are added until the gate can decide. */
  readonly leastTrials?: number;
}

export function scenarioOf({ machine, change, order, load, ...size }: ScenarioOptions): Scenario {
  const { noise, spread } = surroundings[machine];
  const slow = (name: ChangeName): SimulatedServer => ({ ...server, spread, slowdown: changes[name] });
  return {
    baseline: slow('nothing changed'),
    candidate: slow(change),
    noise,
    order,
    clients: load === 'queued' ? 2 * server.slots : server.slots,
    ...size,
  };
}
