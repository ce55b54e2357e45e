import type { Interval } from '../../src/core/bench/compare/ratio.js';
import { studentQuantile } from '../../src/core/bench/compare/student.js';
import { markdownTable } from '../support/markdown.js';
import { type MachineName } from './scenarios.js';
import { coverage, gatedMetrics, percent, type Tally, tallyOf } from './tally.js';

/**
 * How often the 95 % intervals hold the truth, for the interval that is used and for the plain percentile bootstrap, and
 * how many trials it takes to be sure. Measured in turns.
 *
 * node coverage.js [comparisons per row]
 */
const comparisons = Number(process.argv[2] ?? 400);
const slowdown = 1.2;

const sizes = [
  { trials: 5, requests: 200 },
  { trials: 10, requests: 100 },
  { trials: 10, requests: 200 },
  { trials: 20, requests: 200 },
] as const;

/** The interval without the correction for few trials: deviations of the logarithm are that much smaller. */
function plain({ intervals }: Tally, ratios: readonly number[], trials: number): readonly Interval[] {
  const expansion = Math.sqrt(trials / (trials - 1)) * (studentQuantile(0.975, trials - 1) / 1.959963984540054);
  return intervals.map(({ lower, upper }, index) => {
    const ratio = ratios[index] ?? Number.NaN;
    return { lower: ratio * (lower / ratio) ** (1 / expansion), upper: ratio * (upper / ratio) ** (1 / expansion) };
  });
}

const rows: string[][] = [];
for (const machine of ['quiet', 'shared'] satisfies MachineName[]) {
  for (const { trials, requests } of sizes) {
    const options = { machine, change: '20 % slower', order: 'in turns', load: 'queued', trials, requests } as const;
    const tallies = tallyOf(options, comparisons);
    for (const metric of gatedMetrics) {
      const tally = tallies.get(metric);
      if (tally === undefined) throw new Error(`no ${metric}`);
      const truth = metric.includes('per_second') ? 1 / slowdown : slowdown;
      const widths = tally.intervals.map(({ lower, upper }) => Math.log(upper / lower) / 2).sort((a, b) => a - b);
      rows.push([
        machine,
        `${trials} × ${requests}`,
        metric,
        percent(coverage(tally, truth)),
        percent(coverage({ ...tally, intervals: plain(tally, tally.ratios, trials) }, truth)),
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
      'trials',
      'metric',
      'coverage',
      'plain percentile bootstrap',
      'half width, median',
      '20 % slower is found',
    ],
    rows,
  ),
);
