import type { ReserveSettings } from './reserves.js';

/** Whose request starts next: that of the key that has received the least service, or the one that came first. */
export const queuePolicies = ['fair', 'fifo'] as const;

export type QueuePolicy = (typeof queuePolicies)[number];

export interface FairOptions extends ReserveSettings {
  readonly policy: QueuePolicy;
  /** After how long a waiting job rises by a class, in milliseconds; 0 makes all classes the same. */
  readonly classPatienceMs: number;
  /**
   * How long an interactive job waits that would start next, in milliseconds, until a running `batch` job gives up its place
   * to it; null or left out for never. Only with the policy `fair`.
   */
  readonly preemptAfterMs?: number | null;
}
