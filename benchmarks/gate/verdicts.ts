import { markdownTable } from '../support/markdown.js';
import type { ChangeName, MachineName } from './scenarios.js';
import type { Order } from './simulated-comparison.js';
import { gatedMetrics, percent, tallyOf } from './tally.js';

/**
 * How often the gate is right: simulated comparisons with a known truth, 5 trials of 200 requests, thresholds of 10 %.
 *
 * node verdicts.js [comparisons per situation]
 */
const comparisons = Number(process.argv[2] ?? 400);

interface Situation {
  readonly change: ChangeName;
  readonly metrics: readonly string[];
  readonly load: 'queued' | 'no queue';
}

const situations: readonly Situation[] = [
  { change: 'nothing changed', metrics: gatedMetrics, load: 'queued' },
  { change: '20 % slower', metrics: gatedMetrics, load: 'queued' },
  // With a queue, all requests would wait for the slow ones, and not only the tail would be affected.
  { change: '20 % slower above the median', metrics: ['e2e.p95'], load: 'no queue' },
];
const machines: readonly MachineName[] = ['quiet', 'ordinary', 'shared'];
const size = { trials: 5, requests: 200 } as const;
const orders: readonly Order[] = ['interleaved', 'trial by trial', 'one after the other', 'another day'];

const rows: string[][] = [];
for (const { change, metrics, load } of situations) {
  for (const machine of machines) {
    for (const order of orders) {
      const tallies = tallyOf({ machine, change, order, load, ...size }, comparisons);
      for (const metric of metrics) {
        const tally = tallies.get(metric);
        if (tally === undefined) throw new Error(`no ${metric}`);
        const { regressions, inconclusive, passes } = tally;
        const shares = [regressions, inconclusive, passes].map((count) => percent(count / comparisons));
        rows.push([change, machine, order, metric, ...shares]);
      }
    }
  }
}
const figures = ['regression', 'inconclusive', 'pass'];
console.log(markdownTable(['candidate', 'machine', 'measured', 'metric', ...figures], rows));
