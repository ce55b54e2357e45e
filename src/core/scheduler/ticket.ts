import type { Standing } from './waiting-line.js';

/**
 * What the scheduler knows of one job, in the hands of whoever brings it. It is made before it is admitted, so that it is
 * at hand when the job starts before `admit` returns; and because it is held and not looked up, no operation has to find
 * it among all the others.
 *
 * A ticket is admitted once. All but the job is the scheduler's to change.
 */
export class Ticket<Job> implements Standing {
  readonly job: Job;
  /** `gone` after it was released, withdrawn or turned away. */
  state: 'new' | 'waiting' | 'running' | 'gone' = 'new';
  place = -1;
  /** When it was admitted. Not a number before, so that the engine of the language keeps room for a fraction. */
  admittedMs = Number.NaN;

  constructor(job: Job) {
    this.job = job;
  }
}
