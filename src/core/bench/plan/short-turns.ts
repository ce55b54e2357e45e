import type { BenchOptions } from './options.js';

/** More of them gain nothing: what drift is left after 4 is less than what requests differ by chance. */
const mostTurns = 4;

/** Enough for the queue to be as full as in a long trial for most of the turn. */
const leastRequests = { perTurn: 50, perClient: 6 } as const;
const leastTurnMs = 10_000;

/**
 * Cuts the trials of two servers that are measured in turns into up to 4 shorter ones: 5 trials of 200 requests become 20
 * of 50. As much is measured, but the two servers change places every few seconds, so a machine that drifts does it to
 * both alike; and 20 pairs tell how far to trust their ratio where 5 hardly do. On a noisy machine that finds a server
 * that is 20 % slower in 93 to 100 % of the cases instead of 66 to 82 %, depending on the figure (benchmarks/gate).
 */
export function inShortTurns<Options extends Pick<BenchOptions, 'load' | 'requests' | 'durationMs' | 'trials'>>(
  options: Options,
): Options {
  const { load, requests, durationMs, trials } = options;
  const clients = load.type === 'closed' ? Math.max(...load.concurrency) : 0;
  const least = Math.max(leastRequests.perTurn, leastRequests.perClient * clients);
  const fitting = requests === null ? (durationMs ?? 0) / leastTurnMs : requests / least;
  const turns = Math.min(mostTurns, Math.max(1, Math.floor(fitting)));
  return {
    ...options,
    trials: trials * turns,
    requests: requests === null ? null : Math.ceil(requests / turns),
    durationMs: durationMs === null ? null : Math.round(durationMs / turns),
  };
}
