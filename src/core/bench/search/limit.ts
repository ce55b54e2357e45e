import { logisticLevel } from '../../statistics/logistic-level.js';
import type { LoadEvidence, Promised } from './evidence.js';
import type { Split } from './split.js';

/** The load at which the first promise reaches its limit. */
export interface Limit {
  readonly load: number;
  /** 95 % interval; an end is null if no load was found that is clearly on that side. */
  readonly lower: number | null;
  /** The lower end if all measurements had been long enough to show a growing queue. */
  readonly measured: number | null;
  readonly upper: number | null;
  /** Position of the promise whose line gave the load; null if none did. */
  readonly promise: number | null;
}

/** Farther away, the share of missed requests no longer follows the same line. */
const nearby = 1.25;

const tail = 0.025;

/** If more requests miss a limit than this, the share says little about how far the limit is exceeded. */
const mostMissed = 0.8;

/**
 * The limit above which the promises break, estimated from all loads near it: the odds that a request misses a promise
 * rise with the load, and a line through their logarithms tells more than the two loads next to the limit. The limit is
 * sought between a load at which the promises hold and one at which they do not; a load that is clear of the limit cuts
 * off the interval.
 *
 * @returns null if they hold everywhere, or nowhere
 */
export function limitOf(promises: readonly Promised[], { below, above }: Pick<Split, 'below' | 'above'>): Limit | null {
  const [low, high] = [below.at(-1), above[0]];
  if (low === undefined || high === undefined) return null;
  const held = below.findLast(({ verdict }) => verdict === 'holds');
  const holds = held?.load ?? null;
  const breaks = above.find(({ verdict }) => verdict === 'breaks')?.load ?? null;
  const middle = Math.sqrt(low.load * high.load);
  const near = [...below, ...above].filter(({ load, isOverloaded, isRising }) => {
    const isNext = load === low.load || load === high.load;
    return isNext || (!isOverloaded && !isRising && Math.max(load / middle, middle / load) <= nearby);
  });
  const fits = promises.flatMap(({ allowedShare }, promise) => {
    if (!hasSlope(below, promise, allowedShare / 10, allowedShare)) return [];
    if (!hasSlope(above, promise, allowedShare, mostMissed)) return [];
    const trials = near.flatMap(({ load, shares }) => {
      const share = shares[promise] ?? null;
      if (share === null) return [];
      const attempts = share.effectiveAttempts;
      return { x: Math.log(load), successes: share.share * attempts, attempts };
    });
    const fit = logisticLevel(trials, allowedShare, tail);
    return fit === null ? [] : { ...fit, promise };
  });
  const lowest = (of: (fit: (typeof fits)[number]) => number): number | null =>
    fits.length === 0 ? null : Math.exp(Math.min(...fits.map(of)));
  const from = Math.max(holds ?? 0, lowest(({ interval }) => interval.lower) ?? 0);
  const to = Math.min(breaks ?? Infinity, lowest(({ interval }) => interval.upper) ?? Infinity);
  const within = (load: number): number => Math.min(breaks ?? high.load, Math.max(holds ?? low.load, load));
  const first = fits.toSorted((one, other) => one.x - other.x)[0];
  const wanted = first === undefined ? middle : Math.exp(first.x);
  const measured = from > 0 && from < to ? from : holds;
  return {
    load: within(wanted),
    promise: first === undefined || within(wanted) !== wanted ? null : first.promise,
    measured,
    lower: measured === null || measured !== holds ? measured : measured / (1 + (held?.hiddenExcess ?? 0)),
    upper: Number.isFinite(to) && from < to ? to : breaks,
  };
}

/**
 * Whether some load on one side of the limit shows how the share rises there. For a server that goes from hardly any
 * missed requests to nearly all of them, there is no slope to see, and the limit is only known to be somewhere in
 * between.
 */
function hasSlope(loads: readonly LoadEvidence[], promise: number, from: number, to: number): boolean {
  return loads.some(({ shares }) => {
    const share = shares[promise]?.share ?? null;
    return share !== null && share >= from && share <= to;
  });
}
