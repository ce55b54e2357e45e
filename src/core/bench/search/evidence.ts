import { type ClusteredShare, clusteredShare, designEffect } from '../../statistics/clustered-share.js';
import type { Proportion } from '../../statistics/proportion.js';

/** A promise as the search sees it: how many requests may miss its limit. */
export interface Promised {
  /** As it was given: `ttft.p95<500ms`. */
  readonly text: string;
  /** Above 0, below 1: 0.05 for a p95. */
  readonly allowedShare: number;
}

/** One measurement at one load. */
export interface Look {
  readonly load: number;
  /** Per promise, in their order, requests that missed its limit, in pieces of time. */
  readonly missed: readonly (readonly Proportion[])[];
  /** Requests with an answer, whether or not a promise could be judged by them. */
  readonly answered: number;
  /** The queue grew without end, so every promise about waiting breaks sooner or later. */
  readonly isOverloaded: boolean;
  /** It was too short to tell a queue that grows without end from one that fills. */
  readonly isUntold: boolean;
}

/** All that is known of one load. */
export interface LoadEvidence {
  readonly load: number;
  readonly looks: number;
  /** Per promise; null without a request that it could be judged by. */
  readonly shares: readonly (ClusteredShare | null)[];
  readonly isOverloaded: boolean;
  /**
   * `holds` and `breaks` only if the interval is clear of the limit; and `holds` only if some look was long enough to tell
   * whether the server can follow the load.
   */
  readonly verdict: 'holds' | 'breaks' | 'unclear';
  /** In standard errors, how far the worst promise is on the good side of its limit; from -{@link surest} to it. */
  readonly score: number;
}

/** Error on each side of an interval that decides. */
const decidingTail = 0.025;

const surest = 6;

/** Fewer answers may all be of a kind that a promise says nothing about, such as those of one token. */
const leastAnswers = 5;

/** Loads up to this factor apart have queues of the same kind, so their requests depend on each other alike. */
const alike = 1.3;

/** Where more miss a limit, the queue is not one that comes and goes: it is too long nearly all the time. */
const mostMissed = 0.6;

/**
 * The evidence of each load, in rising order. How far requests depend on each other is taken from the load and its
 * neighbours together, whichever shows most of it: a load at which none missed its limit shows nothing.
 */
export function evidenceOf(promises: readonly Promised[], looks: readonly Look[]): readonly LoadEvidence[] {
  const loads = [...new Set(looks.map(({ load }) => load))].sort((one, other) => one - other);
  const seriesAt = (load: number, promise: number): readonly (readonly Proportion[])[] =>
    looks.filter((look) => look.load === load).map(({ missed }) => missed[promise] ?? []);
  const effects = promises.map((_, promise) =>
    loads.map((load) => {
      const series = seriesAt(load, promise);
      const share = clusteredShare(series, 1, decidingTail)?.share ?? 0;
      return { own: designEffect(series), isTypical: share <= mostMissed };
    }),
  );
  return loads.map((load) => {
    const own = looks.filter((look) => look.load === load);
    const shares = promises.map((_, promise) => {
      const near = loads.flatMap((other, index) =>
        Math.max(other / load, load / other) <= alike ? (effects[promise]?.[index] ?? []) : [],
      );
      const counted = near.filter(({ isTypical }) => isTypical).map(({ own: effect }) => effect);
      const ownEffect = effects[promise]?.[loads.indexOf(load)]?.own ?? 1;
      return clusteredShare(seriesAt(load, promise), Math.max(ownEffect, ...counted), decidingTail);
    });
    const isOverloaded = own.filter((look) => look.isOverloaded).length * 2 > own.length;
    const isUntold = own.every((look) => look.isUntold);
    const sides = shares.map((share, promise) => sideOf(share, promises[promise]?.allowedShare ?? 0));
    return {
      load,
      looks: own.length,
      shares,
      isOverloaded,
      verdict: verdictOf(sides, { isOverloaded, isUntold }),
      score: isOverloaded ? -surest : Math.min(...sides.map(({ score }) => score)),
    };
  });
}

/** Positions of the promises that no answer could be judged by: the server, or the plan, gives no value for them. */
export function unjudged(promises: readonly Promised[], looks: readonly Look[]): readonly number[] {
  const answered = looks.reduce((sum, look) => sum + look.answered, 0);
  if (answered < leastAnswers) return [];
  const isJudged = (promise: number): boolean =>
    looks.some(({ missed }) => missed[promise]?.some(({ attempts }) => attempts > 0) === true);
  return [...promises.keys()].filter((promise) => !isJudged(promise));
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

/** On which side of the limit a promise is. */
export function sideOf(share: ClusteredShare | null, allowed: number): Side {
  if (share === null) return { verdict: 'unclear', score: 0 };
  const error = Math.sqrt((allowed * (1 - allowed)) / share.effectiveAttempts);
  const score = Math.max(-surest, Math.min(surest, (allowed - share.share) / error));
  if (share.interval.upper < allowed) return { verdict: 'holds', score };
  return { verdict: share.interval.lower > allowed ? 'breaks' : 'unclear', score };
}
