import type { Interval } from '../../src/core/statistics/ratio.js';
import { studentQuantile } from '../../src/core/statistics/student.js';
import { markdownTable } from '../support/markdown.js';
import type { MachineName } from './scenarios.js';
import type { Order } from './simulated-comparison.js';
import { coverage, gatedMetrics, percent, type Tally, tallyOf } from './tally.js';

/**
 * How often the 95 % intervals contain the true ratio, for the interval that is used and for the plain percentile
 * bootstrap; 5 trials of 200 requests.
 *
 * node coverage.js [comparisons per row]
 */
const comparisons = Number(process.argv[2] ?? 400);
const slowdown = 1.2;
const size = { trials: 5, requests: 200 } as const;

/** The interval without the correction for few trials: deviations of the logarithm are that much smaller. */
function plain({ intervals, ratios, trials }: Tally): readonly Interval[] {
  const expansion = Math.sqrt(trials / (trials - 1)) * (studentQuantile(0.975, trials - 1) / 1.959963984540054);
  return intervals.map(({ lower, upper }, index) => {
    const ratio = ratios[index] ?? Number.NaN;
    return { lower: ratio * (lower / ratio) ** (1 / expansion), upper: ratio * (upper / ratio) ** (1 / expansion) };
  });
}

const rows: string[][] = [];
for (const machine of ['quiet', 'ordinary', 'shared'] satisfies MachineName[]) {
  for (const order of ['trial by trial', 'interleaved'] satisfies Order[]) {
    const tallies = tallyOf({ machine, change: '20 % slower', order, load: 'queued', ...size }, comparisons);
    for (const metric of gatedMetrics) {
      const tally = tallies.get(metric);
      if (tally === undefined) throw new Error(`no ${metric}`);
      const truth = metric.includes('per_second') ? 1 / slowdown : slowdown;
      const widths = tally.intervals.map(({ lower, upper }) => Math.log(upper / lower) / 2).sort((a, b) => a - b);
      rows.push([
        machine,
        order,
        String(tally.trials),
        metric,
        percent(coverage(tally, truth)),
        percent(coverage({ ...tally, intervals: plain(tally) }, truth)),
        `±${percent(Math.expm1(widths[Math.floor(widths.length / 2)] ?? Number.NaN))}`,
        percent(tally.regressions / comparisons),
      ]);
    }
  }
}
console.log(
  markdownTable(
    [
      'machine',
      'measured',
      'trials compared',
      'metric',
      'coverage',
      'plain percentile bootstrap',
      'half width, median',
      '20 % slower is found',
    ],
    rows,
  ),
);
