import { ChatstreamError } from '../../../src/core/base/errors.js';
import { Job, type SchedulerEvent } from '../../../src/core/scheduler/jobs/job.js';
import { Scheduler, type SchedulerOptions } from '../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../support/virtual-clock.js';

/** A job that is nothing but its name. */
export class NamedJob extends Job {
  constructor(readonly name: string) {
    super();
  }
}

const usual: SchedulerOptions = { maxConcurrency: 2, maxQueue: 3, queueTimeoutMs: 1000 };

/** A scheduler whose jobs are called by name. By default two run and three may wait, for a second. */
export class NamedJobs {
  readonly scheduler: Scheduler<NamedJob>;
  events: SchedulerEvent<NamedJob>[] = [];
  /** The last job of each name that was to be admitted. */
  readonly #jobs = new Map<string, NamedJob>();

  constructor(
    options: Partial<SchedulerOptions> = {},
    readonly clock: VirtualClock = new VirtualClock(),
  ) {
    this.scheduler = new Scheduler({ ...usual, ...options }, clock);
    this.scheduler.events((event) => this.events.push(event));
  }

  get waitingNames(): string[] {
    return [...this.scheduler.entries()].map(({ job }) => job.name);
  }

  /** The job of that name; a new one, unknown to the scheduler, if there is none. */
  jobOf(name: string): NamedJob {
    return this.#jobs.get(name) ?? new NamedJob(name);
  }

  admit(...names: string[]): void {
    for (const name of names) {
      const job = new NamedJob(name);
      this.#jobs.set(name, job);
      this.scheduler.admit(job);
    }
  }

  release(name: string): void {
    this.scheduler.release(this.jobOf(name));
  }

  namesOf(type: 'started' | 'turned_away'): string[] {
    return this.events.flatMap((event) => (event.type === type ? [event.job.name] : []));
  }

  /** Calls `react` within the event that the job has started. */
  whenStarted(name: string, react: () => void): void {
    this.scheduler.events((event) => {
      if (event.type === 'started' && event.job.name === name) react();
    });
  }
}

/** The error that a call throws. */
export function refusal(act: () => void): ChatstreamError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof ChatstreamError) return error;
    throw error;
  }
}
