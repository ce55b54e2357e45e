import { Job } from '../../../src/core/scheduler/job.js';

/** A job that is nothing but its name. */
export class NamedJob extends Job {
  constructor(readonly name: string) {
    super();
  }
}
