import type { CancelTimer, Clock } from '../../base/clock.js';
import type { RelayJob } from '../jobs/relay-job.js';

/**
 * Running jobs that currently have no place, most of them because an upstream has failed them. They get the next place before
 * waiting jobs, and wait for it no longer than others do in the queue. Meanwhile, others may take the places that they
 * had.
 */
export class UnplacedJobs {
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #onImpatient: (job: RelayJob) => void;
  readonly #timers = new Map<RelayJob, CancelTimer>();

  /** @param patienceMs in milliseconds; 0 is unlimited */
  constructor(clock: Clock, patienceMs: number, onImpatient: (job: RelayJob) => void) {
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.#onImpatient = onImpatient;
  }

  /** In the order in which they lost their places. */
  get jobs(): readonly RelayJob[] {
    return [...this.#timers.keys()];
  }

  /** Places that they will take. */
  get places(): number {
    return this.jobs.reduce((sum, { places }) => sum + places, 0);
  }

  has(job: RelayJob): boolean {
    return this.#timers.has(job);
  }

  add(job: RelayJob): void {
    if (this.#timers.has(job)) return;
    const nowMs = this.#clock.now();
    // Several failed attempts share one patience, until one has brought a token.
    job.unplacedSinceMs ??= nowMs;
    const leftMs = Math.max(0, job.unplacedSinceMs + this.#patienceMs - nowMs);
    const giveUp = (): void => {
      this.#onImpatient(job);
    };
    this.#timers.set(job, this.#patienceMs === 0 ? () => undefined : this.#clock.schedule(leftMs, giveUp));
  }

  /** It has a place again, or has ended. */
  remove(job: RelayJob): void {
    this.#timers.get(job)?.();
    this.#timers.delete(job);
  }
}
