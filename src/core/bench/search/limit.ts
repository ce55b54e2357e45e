import { logisticLevel } from '../../statistics/logistic-level.js';
import type { LoadEvidence, SearchedObjective } from './evidence.js';
import type { Split } from './split.js';

/** Where the first objective reaches its limit. */
export interface Limit {
  readonly load: number;
  /** 95 % interval; an end is null if no load was found that is clearly on that side. */
  readonly lower: number | null;
  /** The lower end if all measurements had been long enough to show a growing queue. */
  readonly measured: number | null;
  readonly upper: number | null;
  /** Position of the objective whose line gave the load; null if none did. */
  readonly objective: number | null;
}

/** Farther away, the share of missed requests no longer follows the same line. */
const nearby = 1.25;

const tail = 0.025;

/** If more requests miss a limit than this, the share says little about how far the limit is exceeded. */
const mostMissed = 0.8;

/**
 * The limit above which the objectives are missed, from all loads near it together: the odds that a request misses an
 * objective rise with the load, and a line through their logarithms tells more than the two loads next to the limit. It is
 * sought between a load at which the objectives hold and one at which they do not; a load that is clear of the limit cuts the
 * interval off.
 *
 * @returns null if they hold everywhere, or nowhere
 */
export function limitOf(
  objectives: readonly SearchedObjective[],
  { below, above }: Pick<Split, 'below' | 'above'>,
): Limit | null {
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
  const fits = objectives.flatMap(({ allowedShare }, objective) => {
    if (!hasSlope(below, objective, allowedShare / 10, allowedShare)) return [];
    if (!hasSlope(above, objective, allowedShare, mostMissed)) return [];
    const trials = near.flatMap(({ load, shares }) => {
      const share = shares[objective] ?? null;
      if (share === null) return [];
      const attempts = share.effectiveAttempts;
      return { x: Math.log(load), successes: share.share * attempts, attempts };
    });
    const fit = logisticLevel(trials, allowedShare, tail);
    return fit === null ? [] : { ...fit, objective };
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
    objective: first === undefined || within(wanted) !== wanted ? null : first.objective,
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
function hasSlope(loads: readonly LoadEvidence[], objective: number, from: number, to: number): boolean {
  return loads.some(({ shares }) => {
    const share = shares[objective]?.share ?? null;
    return share !== null && share >= from && share <= to;
  });
}
