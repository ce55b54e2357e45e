import { type Random, seededRandom } from '../../src/core/base/random.js';
import { candidateFirst, inShortTrials } from '../../src/core/bench/plan/interleaving.js';
import { type ComparedRow, type Comparison, isDecided } from '../../src/core/compare/comparison.js';
import type { Side } from '../../src/core/compare/side.js';
import { parseThresholds } from '../../src/core/compare/threshold.js';
import { compare } from '../../src/core/compare/verdicts/compare.js';
import type { Machine, Plan, Run, TargetDescription } from '../../src/core/measurement/result-schema.js';
import { type Noise, NoisyMachine } from './noisy-machine.js';
import { type SimulatedServer, simulateTrial } from './simulated-trial.js';

/** In which order the trials of both servers are measured. */
export type Order =
  /** B A, B A, A B, A B, … with trials cut into short turns, as `bench --versus` does. */
  | 'interleaved'
  /** The same with whole trials. */
  | 'trial by trial'
  /** A A A, B B B: two runs of bench, the second right after the first. */
  | 'one after the other'
  /** The same, but the second on another day: the machine's speed is then unrelated to what it was. */
  | 'another day';

export interface Scenario {
  readonly baseline: SimulatedServer;
  readonly candidate: SimulatedServer;
  readonly noise: Noise;
  readonly order: Order;
  readonly clients: number;
  /** Per trial. */
  readonly requests: number;
  readonly trials: number;
  /** Fewer than `trials`: they are added from here on until every verdict is known, as `--trials 3..20` does. */
  readonly leastTrials?: number;
}

/** One comparison as `chatstream compare` makes it; the same seed gives the same one. */
export function simulateComparison(scenario: Scenario, failOn: readonly string[], seed: number): Comparison {
  const thresholds = parseThresholds(failOn);
  const comparisonOf = ({ baseline, candidate }: Measured): Comparison => {
    const sides = {
      baseline: sideOf('baseline', baseline, scenario),
      candidate: sideOf('candidate', candidate, scenario),
      interleaved: isInterleaved(scenario.order),
    };
    return compare(sides, { thresholds, allowed: [], gatedOnly: true });
  };
  const isEnough = (measured: Measured): boolean => {
    const { leastTrials, trials } = scenario;
    if (leastTrials === undefined || measured.baseline.length < leastTrials) return false;
    return measured.baseline.length < trials && isDecided(comparisonOf(measured));
  };
  return comparisonOf(measure(scenario, seededRandom(seed), isEnough));
}

/** The row of one metric. */
export function rowOf({ rows }: Comparison, metric: string): ComparedRow {
  const row = rows.find(({ metric: { id } }) => id === metric);
  if (row === undefined) throw new Error(`no ${metric}`);
  return row;
}

function isInterleaved(order: Order): boolean {
  return order === 'interleaved' || order === 'trial by trial';
}

interface Measured {
  readonly baseline: Run[];
  readonly candidate: Run[];
}

function measure(
  { order, noise, ...scenario }: Scenario,
  random: Random,
  isEnough: (measured: Measured) => boolean,
): Measured {
  const measured: Measured = { baseline: [], candidate: [] };
  let machine = new NoisyMachine(noise, random);
  // As after a warm-up: measuring does not begin when the machine does.
  let nowMs = 1000 * random();
  const { clients } = scenario;
  const load = { type: 'closed', concurrency: [clients] } as const;
  const { trials, requests } =
    order === 'interleaved'
      ? inShortTrials({ ...scenario, leastTrials: scenario.trials, load, durationMs: null })
      : scenario;
  const run = (side: keyof Measured, trial: number): void => {
    const result = simulateTrial(scenario[side], { clients, requests, trial }, machine, random, nowMs);
    measured[side].push(result.run);
    nowMs = result.endMs;
  };
  const numbers = Array.from({ length: trials }, (_, index) => index + 1);
  if (isInterleaved(order)) {
    for (const trial of numbers) {
      const turns = candidateFirst(trial) ? (['candidate', 'baseline'] as const) : (['baseline', 'candidate'] as const);
      for (const side of turns) run(side, trial);
      if (isEnough(measured)) return measured;
    }
    return measured;
  }
  for (const trial of numbers) run('baseline', trial);
  if (order === 'another day') machine = new NoisyMachine(noise, random);
  for (const trial of numbers) run('candidate', trial);
  return measured;
}

function sideOf(name: string, runs: readonly Run[], { leastTrials, trials }: Scenario): Side {
  const looks = leastTrials === undefined ? {} : { trials, trials_least: leastTrials };
  return { name, runs, target, plan: { ...plan, ...looks }, machine, toolVersion: '', startedAt: '', endedEarly: null };
}

const target: TargetDescription = { url: '', server: 'simulated', model: 'simulated', engine: null, settings: {} };
const machine: Machine = { cpu: 'simulated', cores: 1, memory_bytes: 0, os: 'none', gpus: [] };
const plan: Plan = {
  loop: 'closed',
  concurrency: [],
  max_concurrency: null,
  rate: null,
  arrival: null,
  duration_ms: null,
  requests: 200,
  warmup_ms: 0,
  trials: 5,
  workload: 'synthetic',
  input_tokens: 64,
  output_tokens: 64,
  ignore_eos: true,
  shared_prefix_tokens: 0,
  seed: 1,
  timeout_ms: 0,
  endpoint: '',
  extra_body: null,
  slo: [],
};
