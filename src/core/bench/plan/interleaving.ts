import type { BenchOptions } from './options.js';

/** Each trial has a warm-up of its own, so more trials would cost more time than they gain. */
const mostShortTrials = 4;

/** With fewer, the beginning and end would make up most of a trial. */
const leastRequests = { perTrial: 8, perClient: 2 } as const;
const leastTrialMs = 5000;

/**
 * Cuts each trial of two interleaved servers into up to 4 shorter ones: 5 trials of 200 requests become 20 of 50. As much
 * is measured, but the servers alternate every few seconds, so a machine that drifts affects both alike; and 20 pairs show
 * how far to trust their ratio, where 5 hardly do. On a simulated noisy machine this finds a server that is 20 % slower in
 * 93 to 100 % of the cases instead of 66 to 82 %, depending on the figure. On a real one whose cores are all in use, the
 * speed of a trial is decided by where the system places the threads at its beginning: 80 trials of 8 requests leave 0.6
 * times the uncertainty of 20 trials of 30 (benchmarks/gate).
 */
export function inShortTrials<
  Options extends Pick<BenchOptions, 'load' | 'requests' | 'durationMs' | 'trials' | 'leastTrials'>,
>(options: Options): Options {
  const { load, requests, durationMs, trials, leastTrials } = options;
  const clients = load.type === 'closed' ? Math.max(...load.concurrency) : 0;
  const least = Math.max(leastRequests.perTrial, leastRequests.perClient * clients);
  const isWhole = load.type === 'open' && load.stages !== undefined;
  const fitting = isWhole ? 1 : requests === null ? (durationMs ?? 0) / leastTrialMs : requests / least;
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
