import { markdownTable } from '../support/markdown.js';
import type { ChangeName, MachineName } from './scenarios.js';
import { gatedMetrics, percent, tallyOf, thresholds } from './tally.js';

/**
 * How often the gate is right if it may stop as soon as it can tell (`--trials 3..20`), and how long it takes: simulated
 * comparisons with a known truth, trials of 50 requests, thresholds of 10 %. All figures have to be decided, so a
 * comparison takes as long as its slowest figure. For comparison, the same with all 20 trials.
 *
 * node growing.js [comparisons per situation] [quiet, ordinary or shared; all of them without it]
 */
const comparisons = Number(process.argv[2] ?? 400);

const changes: readonly ChangeName[] = ['nothing changed', '10 % slower', '20 % slower'];
const machines = (['quiet', 'ordinary', 'shared'] as const satisfies readonly MachineName[]).filter(
  (machine) => (process.argv[3] ?? machine) === machine,
);
const sizes = [
  { name: '3..20', size: { leastTrials: 3, trials: 20 } },
  { name: '20', size: { trials: 20 } },
] as const;

const rows: string[][] = [];
for (const change of changes) {
  for (const machine of machines) {
    for (const { name, size } of sizes) {
      const situation = { machine, change, order: 'trial by trial', load: 'queued', requests: 50, ...size } as const;
      const tallies = tallyOf(situation, comparisons, thresholds);
      for (const metric of gatedMetrics) {
        const tally = tallies.get(metric);
        if (tally === undefined) throw new Error(`no ${metric}`);
        const { regressions, inconclusive, passes, lengths } = tally;
        const shares = [regressions, inconclusive, passes].map((count) => percent(count / comparisons));
        const taken = [0.5, 0.9].map((share) => String(lengths[Math.ceil(share * lengths.length) - 1] ?? 0));
        rows.push([change, machine, name, metric, ...shares, taken.join(' / ')]);
      }
    }
  }
}
const figures = ['regression', 'inconclusive', 'pass', 'trials, p50 / p90'];
console.log(markdownTable(['candidate', 'machine', '--trials', 'metric', ...figures], rows));
