import { formatDuration, parseDuration } from '../../core/base/units.js';
import type { BenchOptions } from '../../core/bench/plan/options.js';
import { percentText } from '../../core/measurement/numbers.js';
import { usualDuration } from './flags/flags.js';

/** How close a search by rate comes to the limit, and how long that takes, with the usual duration. */
const usual = { precision: 0.05, searchMs: 5 * 60_000 } as const;

/** If up to this many times more requests are needed, the limit may well be found in time. */
const manyTimes = 4;

/**
 * Warns that a search will probably end before it is as close to the limit as it should be. The duration determines how
 * often and for how long a load is measured at most, and the number of requests needed grows with the square of the
 * precision. By clients, a limit is known when two neighbouring numbers are.
 *
 * @returns a sentence or two; none if the duration is long enough
 */
export function precisionNotes({
  findMax,
  durationMs,
}: Pick<BenchOptions, 'findMax' | 'durationMs'>): readonly string[] {
  if (findMax?.by !== 'rate' || durationMs === null) return [];
  const { precision } = findMax;
  const times = (usual.precision / precision) ** 2;
  const neededMs = times * parseDuration(usualDuration);
  if (times < manyTimes || durationMs * manyTimes > neededMs) return [];
  const seconds = Math.ceil(neededMs / 1000);
  return [
    `To know a limit within ${percentText(precision)} takes some ${Math.round(times)} times as many requests as within ${percentText(usual.precision)}, ` +
      `and with -d ${durationMs / 1000}s, the search probably ends before. Use -d ${seconds}s, with which it takes about ` +
      `${formatDuration(times * usual.searchMs)}, or a larger --precision.`,
  ];
}
