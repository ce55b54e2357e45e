/** The waiting jobs in the order in which they start. */
export interface JobLine<J> extends Iterable<J> {
  readonly size: number;
  /** The sum of the places that the jobs in the line need. */
  readonly places: number;
  /** The job that starts next, as soon as there are places for it; undefined if none may start. */
  readonly first: J | undefined;
  /** The job that has waited longest. */
  readonly oldest: J | undefined;
  enter(job: J): void;
  /**
   * Removes and returns the job that starts next; undefined if none may start now. A job that needs more places than are free
   * blocks all jobs behind it.
   *
   * @param free number of free places, 1 or more
   * @param all number of all places, free or taken
   */
  next(free: number, all: number): J | undefined;
  /** Removes a job from any position. */
  leave(job: J): void;
  /** 1 plus the places of the jobs that start before it; 0 for a job that is not in the line. */
  position(job: J): number;
  /** The sum of the work of the jobs that start before it. */
  workAhead(job: J): number;
  /** Sets the work of all jobs in the line, visited in no particular order. */
  weighAll(workOf: (job: J) => number): void;
  /**
   * Whether a job in the line would start too late. Costs at most the positions up to the first late one. Always false
   * for the first job among those with a claim to reserved places, which may become free at any time.
   *
   * @param isLate whether the job would start too late from this position, with so much work ahead; must then hold for all later ones
   */
  isLate(job: J, isLate: (position: number, workAhead: number) => boolean): boolean;
}
