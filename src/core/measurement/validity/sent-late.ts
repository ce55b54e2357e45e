import type { PercentileName } from '../metric-names.js';
import type { Run } from '../result-schema.js';
import { ownWait } from './saturation.js';

/** How late due requests were sent, over one or several runs, without the time for which the plan held them back. */
export class SentLate {
  readonly #runs: readonly Pick<Run, 'metrics' | 'held_back' | 'requests'>[];

  constructor(runs: readonly Pick<Run, 'metrics' | 'held_back' | 'requests'>[]) {
    this.#runs = runs;
  }

  /**
   * The most that this can have added to a percentile of a latency that counts from the schedule, in milliseconds: the
   * larger of its mean and its own percentile, as for the delays of the load generator.
   *
   * @param percentile of the latency; `max` for the longest one
   */
  addedMs(percentile: PercentileName | 'max'): number {
    const meanMs = weightedMean(this.#runs, ({ metrics, held_back: held }) => ownWait(metrics.client_wait, held).mean);
    // How long requests were held back, as planned, is only known on average.
    if (this.#runs.some(({ held_back: held }) => held !== undefined)) return meanMs;
    return Math.max(
      meanMs,
      weightedMean(this.#runs, ({ metrics }) => metrics.client_wait[percentile]),
    );
  }
}

/** For a figure of runs, weighted by their completed requests; 0 if none has it. */
export function weightedMean<R extends Pick<Run, 'requests'>>(
  runs: readonly R[],
  figure: (run: R) => number | null | undefined,
): number {
  let sum = 0;
  let count = 0;
  for (const run of runs) {
    const value = figure(run);
    if (value === null || value === undefined || !Number.isFinite(value)) continue;
    sum += value * run.requests.completed;
    count += run.requests.completed;
  }
  return count === 0 ? 0 : sum / count;
}
