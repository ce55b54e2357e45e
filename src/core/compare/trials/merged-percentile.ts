import type { HistogramCell } from '../../measurement/latency/histogram.js';
import type { Statistic } from '../../statistics/ratio.js';

/**
 * The histograms of several trials, arranged so that a percentile for any weighting of them is found quickly.
 *
 * Merging HDR histograms takes a pass over all their cells, and a bootstrap does it thousands of times. Here each trial's
 * counts are added up once, over the cells that any of them uses; a percentile is then a binary search.
 */
export class MergedTrials {
  /** Upper ends of the cells in milliseconds, rising. */
  readonly #cells: Float64Array;
  /** For each trial, how many samples are in each cell and in those below it. */
  readonly #cumulative: readonly Float64Array[];

  constructor(trials: readonly (readonly HistogramCell[])[]) {
    this.#cells = Float64Array.from(new Set(trials.flatMap((trial) => trial.map(({ upToMs }) => upToMs)))).sort();
    this.#cumulative = trials.map((trial) => cumulated(trial, this.#cells));
  }

  /** The same percentile as a merged HdrHistogram gives, in milliseconds. */
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
    // HdrHistogram's rank: rounded up, but not because of the rounding error of binary fractions.
    const exact = (percent / 100) * total;
    const rank = Math.max(1, Math.ceil(exact - exact * Number.EPSILON));
    let from = 0;
    let to = cells.length - 1;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (below(middle) >= rank) to = middle;
      else from = middle + 1;
    }
    return cells[from] ?? 0;
  }
}

/** How many samples of a trial are in each cell and in those below it; `cells` are those of all trials. */
function cumulated(trial: readonly HistogramCell[], cells: Float64Array): Float64Array {
  let sum = 0;
  let own = 0;
  return cells.map((cell) => {
    if (trial[own]?.upToMs === cell) sum += trial[own++]?.count ?? 0;
    return sum;
  });
}
