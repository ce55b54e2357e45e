import type { LatencyHistogram } from '../record/histogram.js';
import type { Statistic } from './statistic.js';

/**
 * The histograms of several trials, laid out so that a percentile of any mixture of them is found quickly.
 *
 * To merge HDR histograms takes a pass over all their cells, and a bootstrap does it thousands of times. Here each trial's
 * counts are added up once, over the cells that any of them uses; a percentile is then a binary search.
 */
export class MergedTrials {
  /** Upper ends of the cells in milliseconds, rising. */
  readonly #cells: Float64Array;
  /** For each trial, how many samples are in each cell and those below it. */
  readonly #cumulative: readonly Float64Array[];

  constructor(trials: readonly LatencyHistogram[]) {
    const counts = trials.map((trial) => new Map([...trial.cells()].map(({ upToMs, count }) => [upToMs, count])));
    this.#cells = Float64Array.from(new Set(counts.flatMap((each) => [...each.keys()]))).sort();
    this.#cumulative = counts.map((each) => {
      let sum = 0;
      return this.#cells.map((upToMs) => (sum += each.get(upToMs) ?? 0));
    });
  }

  /** The same that a merged HdrHistogram gives, in milliseconds. */
  percentile(percent: number): Statistic {
    return { trials: this.#cumulative.length, value: (weights) => this.#percentileMs(percent, weights) };
  }

  #percentileMs(percent: number, weights: ArrayLike<number>): number | null {
    const cells = this.#cells;
    const below = (cell: number): number => {
      let sum = 0;
      for (let trial = 0; trial < weights.length; trial += 1) {
        sum += (weights[trial] ?? 0) * (this.#cumulative[trial]?.[cell] ?? 0);
      }
      return sum;
    };
    const total = below(cells.length - 1);
    if (total === 0) return null;
    // HdrHistogram's rank: rounded up, but for what binary fractions have made too large.
    const exact = (percent / 100) * total;
    const rank = Math.max(1, Math.ceil(exact - exact * Number.EPSILON));
    let from = 0;
    let to = cells.length - 1;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (below(middle) >= rank) to = middle;
      else from = middle + 1;
    }
    return cells[from] ?? null;
  }
}
