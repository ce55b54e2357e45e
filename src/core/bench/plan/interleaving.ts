import type { BenchOptions } from './options.js';

/** More gain nothing: the drift that is left after a cut into 4 is less than the random difference between requests. */
const mostShortTrials = 4;

/** Enough for the queue to be as full as in a long trial for most of the short one. */
const leastRequests = { perTrial: 50, perClient: 6 } as const;
const leastTrialMs = 10_000;

/**
 * Cuts each trial of two interleaved servers into up to 4 shorter ones: 5 trials of 200 requests become 20 of 50. As
 * much is measured, but the servers alternate every few seconds, so a machine that drifts affects both alike; and 20
 * pairs show how far to trust their ratio, where 5 hardly do. On a noisy machine this finds a server that is 20 %
 * slower in 93 to 100 % of the cases instead of 66 to 82 %, depending on the figure (benchmarks/gate).
 */
export function inShortTrials<
  Options extends Pick<BenchOptions, 'load' | 'requests' | 'durationMs' | 'trials' | 'leastTrials'>,
>(options: Options): Options {
  const { load, requests, durationMs, trials, leastTrials } = options;
  const clients = load.type === 'closed' ? Math.max(...load.concurrency) : 0;
  const least = Math.max(leastRequests.perTrial, leastRequests.perClient * clients);
  const fitting = requests === null ? (durationMs ?? 0) / leastTrialMs : requests / least;
  const pieces = Math.min(mostShortTrials, Math.max(1, Math.floor(fitting)));
  return {
    ...options,
    trials: trials * pieces,
    leastTrials: leastTrials * pieces,
    requests: requests === null ? null : Math.ceil(requests / pieces),
    durationMs: durationMs === null ? null : Math.round(durationMs / pieces),
  };
}

/**
 * Whether the candidate (B) is measured before the baseline (A) in a trial:
 *
 * ```text
 * trial    1    2    3    4    5    6
 * order   B A  B A  A B  A B  B A  B A
 * ```
 *
 * Steady drift cancels out over any four trials. Strict alternation (B A, A B) would achieve that over two, but it
 * places the inner runs of neighbouring trials next to each other, so their differences err alike, and intervals from
 * the spread of these differences are too narrow: on a machine that drifts within seconds they contained the true ratio
 * in 92 to 94 % instead of 95 % of the cases (benchmarks/gate).
 *
 * @param trial from 1
 */
export function candidateFirst(trial: number): boolean {
  return (trial - 1) % 4 < 2;
}
