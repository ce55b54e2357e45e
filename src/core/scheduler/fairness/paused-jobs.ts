import type { Job } from '../jobs/job.js';
import type { Ticket } from '../jobs/key-account.js';
import { rankOf } from '../jobs/traffic-class.js';
import type { Reserves } from './reserves.js';

/** Two jobs, one of which has taken the place of the other. */
export interface Preempted<J> {
  readonly paused: J;
  readonly started: J;
}

/** Jobs that have run and wait to continue. */
export class PausedJobs<J extends Job> {
  readonly #jobs = new Set<J>();
  readonly #reserves: Reserves<J>;

  constructor(reserves: Reserves<J>) {
    this.#reserves = reserves;
  }

  get size(): number {
    return this.#jobs.size;
  }

  /** In the order in which they were paused. */
  get all(): Iterable<J> {
    return this.#jobs;
  }

  add(ticket: Ticket<J>): void {
    ticket.wasPaused = true;
    this.#jobs.add(ticket.job);
  }

  /** @returns whether it was among them */
  delete(job: J): boolean {
    return this.#jobs.delete(job);
  }

  /**
   * The first that may continue.
   *
   * @param free places, 1 or more
   * @param all places, free or not
   */
  next(free: number, all: number): Ticket<J> | undefined {
    for (const { ticket } of this.#jobs) {
      if (ticket === null) continue;
      const { account, rank } = ticket.lane;
      const hasPlace = free > this.#reserves.heldOf(all) || this.#reserves.spareFor(account, rank) > 0;
      if (hasPlace && !account.isFullFor(ticket.places)) return ticket;
    }
    return undefined;
  }

  /**
   * The running job that gives up its place first: the `batch` job that began last. Jobs that cannot continue later
   * stay, as do those that were paused before, those with several places, and those in places that are reserved for
   * their key or class.
   *
   * @param running in the order in which they began
   */
  candidate(running: Iterable<Ticket<J>>): Ticket<J> | undefined {
    return [...running].findLast((ticket) => this.#canPause(ticket));
  }

  /** How many may give up their places one after the other. With reserves, only the first is certain. */
  candidates(running: Iterable<Ticket<J>>): number {
    let count = 0;
    for (const ticket of running) if (this.#canPause(ticket)) count += 1;
    return this.#reserves.total === 0 ? count : Math.min(count, 1);
  }

  #canPause({ job, lane, wasPaused, places }: Ticket<J>): boolean {
    return (
      lane.rank === rankOf('batch') && !wasPaused && job.canPause && places === 1 && !this.#reserves.holdsPlaceOf(lane)
    );
  }
}
