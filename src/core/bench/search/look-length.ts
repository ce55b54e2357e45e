import type { SearchedObjective } from './evidence.js';

/**
 * How long each measurement at a load takes, in durations. Measurements become longer instead of more numerous, because
 * the beginning, when the queue is emptier than it will be, is a smaller part of a long one.
 */
const lengths = [1, 1, 2, 4, 8] as const;

/** The most measurements of one load. */
export const mostLooks = lengths.length;

/**
 * Requests in all measurements of a rate but the first: so many that this number of them may miss the tightest objective, and
 * never fewer than a p95 needs. With fewer, its share has no interval that says anything.
 */
const wanted = { misses: 3.75, least: 75 } as const;

/** The most by which they may lengthen a measurement. */
const longestForRequestsMs = 60_000;

/** The share of a measurement that is its warm-up, in which the queue reaches its usual length. */
const warmupShare = 0.25;

/** How long a measurement lasts; `durationMs` comes after `warmupMs`. */
export interface LookLength {
  readonly warmupMs: number;
  readonly durationMs: number;
}

/** What is measured. */
interface Looked {
  /** The number of this measurement at its load, from 1. */
  readonly look: number;
  /** Requests per second; null: clients send as soon as they have an answer. */
  readonly rate: number | null;
  readonly objectives: readonly SearchedObjective[];
}

/**
 * How long a measurement should last.
 *
 * @param shortest the duration of the first measurement of a load, and the shortest warm-up
 */
export function lookLength(shortest: LookLength, looked: Looked): LookLength {
  const durationMs = lookMs(shortest.durationMs, looked);
  return { durationMs, warmupMs: Math.max(shortest.warmupMs, durationMs * warmupShare) };
}

function lookMs(durationMs: number, { look, rate, objectives }: Looked): number {
  const planned = durationMs * (lengths[look - 1] ?? 1);
  if (look === 1 || rate === null) return planned;
  const tightest = Math.min(...objectives.map(({ allowedShare }) => allowedShare));
  const requests = Math.max(wanted.least, wanted.misses / tightest);
  return Math.max(planned, Math.min(longestForRequestsMs, (requests / rate) * 1000));
}

/** How long a load lasts at most in milliseconds, with its warm-up, unless its requests need more time. */
export function longestLookMs(durationMs: number): number {
  return durationMs * Math.max(...lengths) * (1 + warmupShare);
}
