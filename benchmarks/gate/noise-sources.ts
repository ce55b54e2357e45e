import { markdownTable } from '../support/markdown.js';
import type { Noise } from './noisy-machine.js';
import { scenarioOf, surroundings } from './scenarios.js';
import { type Order, rowOf, simulateComparison } from './simulated-comparison.js';
import { gatedMetrics, percent, thresholds } from './tally.js';

/**
 * Where the noise of a comparison comes from: how far the ratio is off, as a standard deviation, on the shared machine and
 * on one that has only some of its noise. 5 trials of 200 requests; nothing changed.
 *
 * node noise-sources.js [comparisons per row]
 */
const comparisons = Number(process.argv[2] ?? 400);

const { noise } = surroundings.shared;
const sources: Readonly<Record<string, Noise>> = {
  'drift, stalls, requests': noise,
  'drift, requests': { ...noise, longestStallMs: 0 },
  'stalls, requests': { ...noise, drift: 0 },
  'requests only': { ...noise, drift: 0, longestStallMs: 0 },
};
const orders: readonly Order[] = ['trial by trial', 'interleaved'];

const rows = orders.flatMap((order) =>
  Object.entries(sources).map(([name, each]) => {
    const options = {
      machine: 'shared',
      change: 'nothing changed',
      order,
      load: 'queued',
      trials: 5,
      requests: 200,
    } as const;
    const scenario = { ...scenarioOf(options), noise: each };
    const made = Array.from({ length: comparisons }, (_, index) => simulateComparison(scenario, thresholds, 1 + index));
    const deviations = gatedMetrics.map((metric) => {
      const logs = made.map((comparison) => Math.log(rowOf(comparison, metric).ratio ?? Number.NaN));
      return Math.sqrt(logs.reduce((sum, log) => sum + log * log, 0) / logs.length);
    });
    return [order, name, ...deviations.map(percent)];
  }),
);
console.log(markdownTable(['measured', 'noise', ...gatedMetrics], rows));
