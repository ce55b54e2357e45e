import { type ClusteredShare, clusteredShare, designEffect, total } from '../../statistics/clustered-share.js';
import { disagreement, type MeasuredShare } from '../../statistics/disagreement.js';
import { type Proportion, wilsonInterval } from '../../statistics/proportion.js';

/** An objective as the search sees it: how many requests may miss its limit. */
export interface SearchedObjective {
  /** As it was given: `ttft.p95<500ms`. */
  readonly text: string;
  /** Above 0, below 1: 0.05 for a p95. */
  readonly allowedShare: number;
}

/** One measurement at one load. */
export interface Look {
  readonly load: number;
  /** Per objective, in their order, requests that missed its limit, in pieces of time. */
  readonly missed: readonly (readonly Proportion[])[];
  /** Requests with an answer, whether or not an objective could be judged by them. */
  readonly answered: number;
  /** The queue grew without end, so every objective about waiting is missed sooner or later. */
  readonly isOverloaded: boolean;
  /** It was too short to distinguish a queue that grows without end from one that fills up. */
  readonly isUntold: boolean;
  /** The wait rose all the time, so that an objective that holds will soon be missed if it continues. */
  readonly isRising: boolean;
  /**
   * By what share the load may exceed what the server can do, and all objectives about waiting still hold until its end: the
   * queue needs longer to become too long. 0 without such objectives.
   */
  readonly hiddenExcess: number;
}

/** Everything that is known about one load. */
export interface LoadEvidence {
  readonly load: number;
  readonly looks: number;
  /** Per objective; null without a request that it could be judged by. */
  readonly shares: readonly (ClusteredShare | null)[];
  readonly isOverloaded: boolean;
  /** The wait rose all the time in the last look, which is the longest, so the share of missed requests is too low. */
  readonly isRising: boolean;
  /** The smallest value of its looks. */
  readonly hiddenExcess: number;
  /**
   * `holds` and `breaks` only if the interval is clear of the limit; `holds` only if some look was long enough to tell
   * whether the server can follow the load, and the wait did not rise in the last one.
   */
  readonly verdict: 'holds' | 'breaks' | 'unclear';
  /** In standard errors, how far the worst objective is on the good side of its limit; from -{@link surest} to it. */
  readonly score: number;
}

/** Error on each side of an interval that is used for a decision. */
const decidingTail = 0.025;

const surest = 6;

/** Fewer answers may all be of a kind that an objective says nothing about, such as those of one token. */
const leastAnswers = 5;

/** A single measurement in which the wait rises may do so by chance. */
const leastRises = 2;

/**
 * Loads within this factor of each other have queues of the same kind, so their requests depend on each other equally.
 */
const alike = 1.3;

/** If more than this miss a limit, the queue does not come and go: it is too long nearly all the time. */
const mostMissed = 0.6;

/**
 * The evidence for each load, in rising order. How strongly requests depend on each other is estimated from the load
 * and its neighbours, whichever shows it most: a load at which no request missed its limit shows nothing.
 */
export function evidenceOf(objectives: readonly SearchedObjective[], looks: readonly Look[]): readonly LoadEvidence[] {
  const loads = [...new Set(looks.map(({ load }) => load))].sort((one, other) => one - other);
  const seriesAt = (load: number, objective: number): readonly (readonly Proportion[])[] =>
    looks.filter((look) => look.load === load).map(({ missed }) => missed[objective] ?? []);
  // Of a queue that grows each time, the last and longest look says most: the others ended before it was too long.
  const isBrokenAt = (load: number): boolean => {
    const own = looks.filter((look) => look.load === load);
    const last = own.at(-1);
    if (last === undefined || own.length < leastRises || !own.every(({ isRising }) => isRising)) return false;
    return objectives.some((objective, index) => isMissedMore(objective, last.missed[index] ?? []));
  };
  const effects = objectives.map((_, objective) =>
    loads.map((load) => {
      const series = seriesAt(load, objective);
      const share = clusteredShare(series, 1, decidingTail)?.share ?? 0;
      return { own: designEffect(series), isTypical: share <= mostMissed && !isBrokenAt(load) };
    }),
  );
  const measuredNear = (near: number, objective: number, effect: number): readonly MeasuredShare[] =>
    looks.flatMap(({ load, missed }) => {
      const isNear = Math.max(load / near, near / load) <= alike;
      const isTypical = effects[objective]?.[loads.indexOf(load)]?.isTypical ?? false;
      return isNear && isTypical ? [{ of: load, effect, ...total(missed[objective] ?? []) }] : [];
    });
  return loads.map((load) => {
    const own = looks.filter((look) => look.load === load);
    const shares = objectives.map((_, objective) => {
      const near = loads.flatMap((other, index) =>
        Math.max(other / load, load / other) <= alike ? (effects[objective]?.[index] ?? []) : [],
      );
      const counted = near.filter(({ isTypical }) => isTypical).map(({ own: effect }) => effect);
      const ownEffect = effects[objective]?.[loads.indexOf(load)]?.own ?? 1;
      const effect = Math.max(ownEffect, ...counted);
      const times = disagreement(measuredNear(load, objective, effect));
      return clusteredShare(seriesAt(load, objective), effect * times, decidingTail);
    });
    const isOverloaded = own.filter((look) => look.isOverloaded).length * 2 > own.length;
    const isUntold = own.every((look) => look.isUntold);
    const isRising = own.at(-1)?.isRising ?? false;
    const isBroken = isBrokenAt(load);
    const sides = shares.map((share, objective) => sideOf(share, objectives[objective]?.allowedShare ?? 0));
    return {
      load,
      looks: own.length,
      shares,
      isOverloaded,
      isRising,
      hiddenExcess: Math.min(...own.map((look) => look.hiddenExcess)),
      verdict: verdictOf(sides, { isOverloaded: isOverloaded || isBroken, isUntold: isUntold || isRising }),
      score: isOverloaded || isBroken ? -surest : Math.min(isRising ? 0 : surest, ...sides.map(({ score }) => score)),
    };
  });
}

/** Positions of the objectives that no answer could be judged by: the server, or the plan, gives no value for them. */
export function unjudged(objectives: readonly SearchedObjective[], looks: readonly Look[]): readonly number[] {
  const answered = looks.reduce((sum, look) => sum + look.answered, 0);
  if (answered < leastAnswers) return [];
  const isJudged = (objective: number): boolean =>
    looks.some(({ missed }) => missed[objective]?.some(({ attempts }) => attempts > 0) === true);
  return [...objectives.keys()].filter((objective) => !isJudged(objective));
}

interface Side {
  readonly verdict: LoadEvidence['verdict'];
  readonly score: number;
}

function verdictOf(
  sides: readonly Side[],
  { isOverloaded, isUntold }: Pick<Look, 'isOverloaded' | 'isUntold'>,
): LoadEvidence['verdict'] {
  if (isOverloaded || sides.some(({ verdict }) => verdict === 'breaks')) return 'breaks';
  return !isUntold && sides.every(({ verdict }) => verdict === 'holds') ? 'holds' : 'unclear';
}

/** Whether more requests of a measurement miss an objective than may, whatever chance did to each of them. */
function isMissedMore({ allowedShare }: SearchedObjective, pieces: readonly Proportion[]): boolean {
  const all = total(pieces);
  return all.attempts > 0 && wilsonInterval(all, decidingTail).lower > allowedShare;
}

/** On which side of the limit an objective is. */
export function sideOf(share: ClusteredShare | null, allowed: number): Side {
  if (share === null) return { verdict: 'unclear', score: 0 };
  const error = Math.sqrt((allowed * (1 - allowed)) / share.effectiveAttempts);
  const score = Math.max(-surest, Math.min(surest, (allowed - share.share) / error));
  if (share.interval.upper < allowed) return { verdict: 'holds', score };
  return { verdict: share.interval.lower > allowed ? 'breaks' : 'unclear', score };
}
