/** Where a waiting job stands now. */
export interface WaitingView {
  /** 1 is the next to start. */
  readonly position: number;
  /** Expected time until it starts, from measured releases; null until there was one. */
  readonly etaMs: number | null;
}

/** One of all who wait. */
export interface QueueEntry<Job> extends WaitingView {
  readonly job: Job;
  readonly waitedMs: number;
}
