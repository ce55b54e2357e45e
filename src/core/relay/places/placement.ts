import type { Clock } from '../../base/clock.js';
import type { ChatstreamError } from '../../base/errors.js';
import { queueTimeoutError } from '../../base/refusals/queue-refusals.js';
import { upstreamFailedError } from '../../base/refusals/upstream-refusals.js';
import { type Capacity, isUsable } from '../../executor/executor.js';
import type { Attempts } from '../attempts/attempts.js';
import { canGoOn, type RelayExecutor } from '../jobs/relay-executor.js';
import type { ModelLine, RelayJob } from '../jobs/relay-job.js';
import { refusalWithoutUpstream } from './no-upstream.js';
import { Outages } from './outages.js';
import { PlaceSharing } from './place-sharing.js';
import { UnplacedJobs } from './unplaced-jobs.js';

export interface PlacementOptions {
  readonly executors: readonly RelayExecutor[];
  readonly lines: { readonly all: readonly ModelLine[] };
  readonly attempts: Pick<Attempts, 'send' | 'fail'>;
  /**
   * How many places may be taken at once, and how many jobs that have left the request queue take or will take places.
   */
  readonly limit: () => { readonly maxConcurrency: number; readonly running: number };
  /** The longest wait in milliseconds, also for a job that has lost its place; 0 is unlimited. */
  readonly queueTimeoutMs: number;
}

/**
 * Gives the places of all upstreams to the jobs of all lines: first to those that have lost one, then to those that wait. Gives
 * up those for whom there is no upstream.
 */
export class Placement {
  readonly #options: PlacementOptions;
  readonly #sharing: PlaceSharing;
  readonly #unplaced: UnplacedJobs;
  readonly #outages: Outages;
  #isSharing = false;
  #mustShareAgain = false;

  constructor(options: PlacementOptions, clock: Clock) {
    this.#options = options;
    const { executors, limit, queueTimeoutMs } = options;
    this.#sharing = new PlaceSharing(executors, () => {
      const { maxConcurrency, running } = limit();
      return { all: maxConcurrency, free: maxConcurrency - (running - this.#unplaced.places) };
    });
    this.#unplaced = new UnplacedJobs(clock, queueTimeoutMs, (job) => {
      this.#giveUp(job, queueTimeoutError(queueTimeoutMs, job.line.scheduler.retryAfterSeconds()));
    });
    this.#outages = new Outages(clock, () => {
      this.share();
    });
  }

  /** Whether places are being assigned right now, so that changes in the meantime are taken into account. */
  get isSharing(): boolean {
    return this.#isSharing;
  }

  /** What an upstream can do for a model, without what is kept for another request. */
  capacityOf(executor: RelayExecutor, model: string): Capacity {
    return this.#sharing.capacityOf(executor, model);
  }

  /** Whether a new job of a line would have places at once. */
  isFree(line: ModelLine, places: number): boolean {
    return this.#sharing.isFree(line, places);
  }

  /** Whether there has been no upstream for a line for so long that nothing waits for one any more. */
  isOut(line: ModelLine): boolean {
    return this.#outages.isOut(line);
  }

  /** Sends a job that has left the request queue, or keeps it until there is a place. */
  place(job: RelayJob): void {
    if (!this.#options.attempts.send(job)) this.#unplaced.add(job);
  }

  /** An upstream has failed a job, which is to be tried again. */
  lost(job: RelayJob): void {
    // An outage counts from now on, whatever there was before.
    this.#outages.note(job, true);
    this.#unplaced.add(job);
    this.share();
  }

  /** A job has ended. Its place is shared out among all lines, rather than given to the next job in its own. */
  release(job: RelayJob): void {
    this.#unplaced.remove(job);
    job.line.scheduler.release(job);
    this.share();
  }

  /** Gives free places to those that had one before, then to those that wait. Called after every change. */
  share(): void {
    this.#mustShareAgain = true;
    if (this.#isSharing) return;
    this.#isSharing = true;
    try {
      while (this.#mustShareAgain) {
        this.#mustShareAgain = false;
        this.#sharing.clear();
        for (const job of this.#unplaced.jobs) {
          if (!this.#unplaced.has(job)) continue;
          if (this.#sharing.hasRoomFor(job.places) && this.#options.attempts.send(job)) this.#unplaced.remove(job);
          else this.#sharing.keepFor(job);
        }
        const lines = this.#options.lines.all;
        this.#sharing.share(lines);
        for (const line of lines) this.#watchOutages(line);
      }
    } finally {
      this.#isSharing = false;
    }
  }

  /** Gives up jobs for which there has been no upstream for a while. */
  #watchOutages(line: ModelLine): void {
    const { executors } = this.#options;
    const able = executors.filter((executor) => isUsable(executor) && executor.serves(line.model));
    this.#outages.note(line, able.length > 0);
    const error = (): ChatstreamError => refusalWithoutUpstream(line, executors);
    if (this.#outages.isOut(line)) line.scheduler.turnAwayWaiting(error);
    for (const job of this.#unplaced.jobs) {
      if (job.line !== line) continue;
      this.#outages.note(
        job,
        able.some((executor) => canGoOn(executor, job)),
      );
      if (this.#outages.isOut(job) || this.#outages.isOut(line)) this.#giveUp(job, error());
    }
  }

  /** Ends a job that has waited in vain for a place. @param error for one that has not begun */
  #giveUp(job: RelayJob, error: ChatstreamError): void {
    const { attempts } = this.#options;
    attempts.fail(job, job.firstTokenMs === null ? error : upstreamFailedError(job.outputTokens), error);
  }
}
