/** The waiting jobs in the order in which they start. */
export interface JobLine<J> extends Iterable<J> {
  readonly size: number;
  /** Those that its jobs wait for together. */
  readonly places: number;
  /** The one that starts next as soon as there are places for it; undefined if none may start. */
  readonly first: J | undefined;
  /** The one that has waited for longest. */
  readonly oldest: J | undefined;
  enter(job: J): void;
  /**
   * Removes the one that starts next; undefined if none may start now. One that needs more places than are free waits for them,
   * and all others behind it.
   *
   * @param free places, 1 or more
   * @param all places, free or not
   */
  next(free: number, all: number): J | undefined;
  /** Removes a job from any position. */
  leave(job: J): void;
  /** 1 and the places of those that start before it; 0 for a job that is not in the line. */
  position(job: J): number;
  /** The sum of the work of those that start before it. */
  workAhead(job: J): number;
  /** Changes the work of all jobs in the line. Their order makes no difference, so none is computed. */
  weighAll(workOf: (job: J) => number): void;
  /**
   * Whether a job in the line comes too late. Costs no more than the positions up to the first that comes too late. Never the
   * case for the first that may take places held back for them, which can come back at any time.
   *
   * @param isLate whether the job would in this position, with so much work ahead; then it also would in any later one
   */
  isLate(job: J, isLate: (position: number, workAhead: number) => boolean): boolean;
}
