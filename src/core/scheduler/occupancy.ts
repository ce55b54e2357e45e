import type { SchedulerLimits } from './scheduler-options.js';

/** How full the queues are, and how full they may be. */
export class Occupancy {
  limits: SchedulerLimits;
  /** How many places are in order; while they are fewer than the limit, no more jobs run. */
  placesInOrder = Number.POSITIVE_INFINITY;
  /** Places that running jobs take. */
  running = 0;
  /** Prompt tokens of all waiting jobs. */
  queuedTokens = 0;
  isDraining = false;
  /** Whether starting is suspended. */
  isHeld = false;

  constructor(limits: SchedulerLimits) {
    this.limits = limits;
  }

  /** Jobs that may run at once now. */
  get places(): number {
    return Math.min(this.limits.maxConcurrency, this.placesInOrder);
  }

  /** Negative after a resize, while more run than may. */
  get freePlaces(): number {
    return this.places - this.running;
  }

  /** Whether only jobs may go on that have started before. */
  get isClosed(): boolean {
    return this.isDraining || this.isHeld;
  }
}
