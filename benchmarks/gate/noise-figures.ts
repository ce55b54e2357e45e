import { median } from '../support/statistics.js';

/** The same piece of work, done over and over without a pause. */
export interface Job {
  /** Since the first one began. */
  readonly beginMs: number;
  readonly tookMs: number;
}

export interface NoiseFigures {
  readonly seconds: number;
  /**
   * By how much two neighbouring stretches of that many seconds differ: the standard deviation of the logarithm of the
   * ratio of their mean times, which is the error of a comparison of two trials of that length; NaN where there are
   * fewer than 3 pairs of stretches.
   */
  readonly neighboursDiffer: ReadonlyMap<number, number>;
  /** Jobs that took at least {@link stallMs} longer than the median. */
  readonly stallsPerMinute: number;
  readonly longestStallMs: number;
  /** Their sum, as a share of all time. */
  readonly stalledShare: number;
}

/** Lengths of turns and of trials. */
export const stretchSeconds = [1, 2, 5, 10, 20] as const;

/** More than a scheduler's slice, less than what a reader of a stream sees. */
const stallMs = 10;

/** The noise of a machine as it shows in the durations of the same work, in the order in which it was done. */
export function noiseFigures(jobs: readonly Job[]): NoiseFigures {
  const last = jobs.at(-1);
  const seconds = last === undefined ? 0 : (last.beginMs + last.tookMs) / 1000;
  const usualMs = median(jobs.map(({ tookMs }) => tookMs));
  const stalls = jobs.map(({ tookMs }) => tookMs - usualMs).filter((ms) => ms >= stallMs);
  return {
    seconds,
    neighboursDiffer: new Map(stretchSeconds.map((length) => [length, neighbourDifference(jobs, length)])),
    stallsPerMinute: stalls.length / (seconds / 60),
    longestStallMs: Math.max(0, ...stalls),
    stalledShare: stalls.reduce((sum, ms) => sum + ms, 0) / 1000 / seconds,
  };
}

function neighbourDifference(jobs: readonly Job[], lengthSeconds: number): number {
  const stretches: { count: number; sumMs: number }[] = [];
  for (const { beginMs, tookMs } of jobs) {
    const stretch = (stretches[Math.floor(beginMs / 1000 / lengthSeconds)] ??= { count: 0, sumMs: 0 });
    stretch.count += 1;
    stretch.sumMs += tookMs;
  }
  // The last one is not complete.
  const logs = stretches.slice(0, -1).map(({ count, sumMs }) => Math.log(sumMs / count));
  const steps = logs.slice(1).map((log, index) => log - (logs[index] ?? Number.NaN));
  return steps.length < 3 ? Number.NaN : Math.sqrt(steps.reduce((sum, step) => sum + step * step, 0) / steps.length);
}
