const shortestMs = 500;
const longestMs = 8000;

/**
 * How long to wait before the next attempt to connect: 0.5 s after the first failure, twice as long after each further
 * one, at most 8 s; spread by a fifth, so that many pages do not come back to a restarted server in the same moment.
 * @param failures - How many attempts have failed since the last that succeeded, before this one.
 * @param random - From 0 to 1.
 */
export function backoffMs(failures: number, random: number): number {
  return Math.min(longestMs, shortestMs * 2 ** failures) * (0.8 + 0.4 * random);
}
