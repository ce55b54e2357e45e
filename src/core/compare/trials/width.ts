import type { Interval } from '../../statistics/ratio.js';

/** What determines the width of the interval of a ratio. */
export interface Width {
  readonly ratio: number | null;
  readonly interval: Interval | null;
  /** The interval without the load generator's own delay, which depends on the trials alone. */
  readonly spread: Interval | null;
}

/**
 * How many times as many trials would keep the interval clear of the limit. The spread between trials shrinks with the
 * square root of their number; the load generator's own delay does not.
 *
 * @returns above 0, Infinity or NaN if no number would; `delay` if the delay alone reaches from the ratio to the limit
 */
export function trialsToDecide({ ratio, interval, spread }: Width, limit: number): number | 'delay' {
  const center = Math.log(ratio ?? NaN);
  const side = Math.log(limit) > center ? 'upper' : 'lower';
  const ofTrials = Math.log(spread?.[side] ?? NaN);
  const delay = Math.abs(Math.log(interval?.[side] ?? NaN) - ofTrials);
  const distance = Math.abs(Math.log(limit) - center);
  if (delay > 0 && delay >= distance) return 'delay';
  return (Math.abs(ofTrials - center) / (distance - delay)) ** 2;
}

/**
 * Whether the delay alone reaches from any ratio that the trials allow to the limit, so that more trials would not
 * help.
 */
export function isDelayTooLong({ interval, spread }: Width, limit: number): boolean {
  if (interval === null || spread === null) return false;
  const [down, up] = [interval.lower / spread.lower, interval.upper / spread.upper];
  return (down < 1 || up > 1) && spread.upper * down <= limit && limit <= spread.lower * up;
}
