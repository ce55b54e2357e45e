/** The classes of requests, from the one that goes first to the one that goes last. */
export const trafficClasses = ['interactive', 'standard', 'batch'] as const;

export type TrafficClass = (typeof trafficClasses)[number];

/** The class of a job whose owner does not specify it. */
export const usualClass: TrafficClass = 'standard';

/** 0 for the class that goes first. */
export function rankOf(trafficClass: TrafficClass): number {
  return trafficClasses.indexOf(trafficClass);
}

/** The one of two classes that goes later. */
export function lowerOf(one: TrafficClass, other: TrafficClass): TrafficClass {
  return rankOf(one) < rankOf(other) ? other : one;
}
