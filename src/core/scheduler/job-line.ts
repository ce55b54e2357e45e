/** The waiting jobs in the order in which they start. */
export interface JobLine<J> extends Iterable<J> {
  readonly size: number;
  /** The one that has waited for longest. */
  readonly oldest: J | undefined;
  enter(job: J): void;
  /** Removes the one that starts next; undefined if none may start now. */
  next(): J | undefined;
  /** Removes a job from any position. */
  leave(job: J): void;
  /** 1 for the one that starts next; 0 for a job that is not in the line. */
  position(job: J): number;
}
