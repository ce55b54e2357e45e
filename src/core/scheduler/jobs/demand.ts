import { noKey } from '../../base/no-key.js';
import { type TrafficClass, usualClass } from './traffic-class.js';

/** Whose a job is, and what it may cost. */
export interface Demand {
  /** The name of the key that it came with. */
  readonly key: string;
  /** Whose service and limits it counts against, if that is not the key: see base/payer.ts. */
  readonly payer?: string;
  readonly trafficClass: TrafficClass;
  readonly promptTokens: number;
  /** The most output tokens, 1 or more. */
  readonly maxTokens: number;
  /** The fewest output tokens, up to `maxTokens`; none are certain if left out, as by an older process of a cluster. */
  readonly minTokens?: number;
}

/** Who asks for a place. */
export type Claimant = Pick<Demand, 'key' | 'payer' | 'trafficClass'>;

/** The key of all jobs that came without one. */
export { noKey };

/** The demand of a job whose owner does not specify it. */
export const unknownDemand: Demand = { key: noKey, trafficClass: usualClass, promptTokens: 0, maxTokens: 1 };

/** How a key's jobs are served. */
export interface KeyTerms {
  /** The key's share of the service in proportion to others, more than 0. */
  readonly share: number;
  /** The maximum number of jobs that run at once; null for as many as there are slots. */
  readonly maxRunning: number | null;
  /** The maximum number of jobs that wait at once; null for as many as the queue accepts. */
  readonly maxWaiting: number | null;
  /** Places that only the key may use; none if left out. */
  readonly reserve?: number;
}

export const usualTerms: KeyTerms = { share: 1, maxRunning: null, maxWaiting: null };
