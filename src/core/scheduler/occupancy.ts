import type { Reserves } from './fairness/reserves.js';
import type { Job } from './jobs/job.js';
import type { JobLine } from './line/job-line.js';
import type { QueueState } from './queue-room.js';
import type { SchedulerLimits } from './scheduler-options.js';

/** Counts what runs and waits. Mutable: the scheduler and its parts share one instance. */
export class Occupancy<J extends Job> implements QueueState {
  limits: SchedulerLimits;
  readonly maxQueuedTokens: number | null;
  /** How many places are usable; if fewer than the limit, they cap the running jobs. */
  placesInOrder = Number.POSITIVE_INFINITY;
  running = 0;
  queuedTokens = 0;
  draining = false;
  /** Whether starting is suspended. */
  isHeld = false;
  readonly #line: JobLine<J>;
  readonly #reserves: Pick<Reserves<J>, 'heldOf'> | null;

  /** @param reserves null if no places are reserved */
  constructor(
    { maxQueuedTokens, ...limits }: SchedulerLimits & { readonly maxQueuedTokens: number | null },
    line: JobLine<J>,
    reserves: Pick<Reserves<J>, 'heldOf'> | null,
  ) {
    this.limits = limits;
    this.maxQueuedTokens = maxQueuedTokens;
    this.#line = line;
    this.#reserves = reserves;
  }

  get places(): number {
    return Math.min(this.limits.maxConcurrency, this.placesInOrder);
  }

  /** Negative after a resize, while more jobs run than the new limit allows. */
  get freePlaces(): number {
    return this.places - this.running;
  }

  get waiting(): number {
    return this.#line.places;
  }

  get heldPlaces(): number {
    return this.#reserves?.heldOf(this.places) ?? 0;
  }

  get isSavingUp(): boolean {
    // Finding the first job costs more than this check, which suffices when every job needs a single place.
    if (this.#line.places === this.#line.size) return false;
    return (this.#line.first?.places ?? 0) > this.freePlaces;
  }

  get hasContender(): boolean {
    return this.#line.size > 0 && this.#line.first !== undefined;
  }

  /** Whether new jobs may not start; paused ones may still continue. */
  get isClosed(): boolean {
    return this.draining || this.isHeld;
  }
}
