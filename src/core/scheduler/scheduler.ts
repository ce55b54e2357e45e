import type { Clock } from '../base/clock.js';
import { Emitter, type Subscribable } from '../base/emitter.js';
import { ChatstreamError } from '../base/errors.js';
import { rateLimitedError } from '../base/key-refusals.js';
import { drainingError, queueFullError, queueTimeoutError } from '../base/refusals.js';
import type { KeyTerms } from './demand.js';
import { FairLine, type FairOptions } from './fair-line.js';
import type { Job, QueueEntry, SchedulerEvent, WaitingView } from './job.js';
import type { JobLine } from './job-line.js';
import { QueueTimer } from './queue-timer.js';
import { ReleaseRate } from './release-rate.js';
import { WaitingLine } from './waiting-line.js';

export interface SchedulerLimits {
  /** Size of the processing queue: jobs that may run at once, 1 or more. */
  readonly maxConcurrency: number;
  /** Size of the request queue: jobs that may wait, 0 or more. */
  readonly maxQueue: number;
}

export interface SchedulerOptions extends SchedulerLimits {
  /** Longest wait in the queue in milliseconds; 0 is unlimited. */
  readonly queueTimeoutMs: number;
  /** How several keys share the queue. Without it, jobs start in the order of their arrival. */
  readonly fair?: FairOptions;
}

/**
 * The request queue and the processing queue. At most `maxConcurrency` jobs run; the others wait, first come, first
 * served, or as {@link FairLine} has it. A slot that becomes free goes to the first waiting job in the same call, so that
 * no new job can take it first.
 *
 * The scheduler knows neither HTTP nor engines: its owner starts a job when it is told to. Every operation on a job costs
 * at most O(log n) in the number of waiting jobs.
 */
export class Scheduler<J extends Job> {
  readonly #clock: Clock;
  readonly #queueTimeoutMs: number;
  readonly #line: JobLine<J>;
  readonly #fairLine: FairLine<J> | null;
  readonly #rate = new ReleaseRate();
  readonly #timer: QueueTimer;
  readonly #events = new Emitter<SchedulerEvent<J>>();
  readonly #drained: (() => void)[] = [];
  #limits: SchedulerLimits;
  #running = 0;
  #draining = false;
  #filling = false;

  constructor({ maxConcurrency, maxQueue, queueTimeoutMs, fair }: SchedulerOptions, clock: Clock) {
    this.#clock = clock;
    this.#queueTimeoutMs = queueTimeoutMs;
    this.#limits = { maxConcurrency, maxQueue };
    this.#fairLine = fair === undefined ? null : new FairLine(fair, clock);
    this.#line = this.#fairLine ?? new WaitingLine<J>();
    this.#timer = new QueueTimer(clock, () => {
      this.#turnAwayLate();
    });
  }

  get events(): Subscribable<SchedulerEvent<J>> {
    return this.#events.subscribe;
  }

  get limits(): SchedulerLimits {
    return this.#limits;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#line.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** How many more jobs could be admitted now, to run or to wait. */
  get vacancies(): number {
    if (this.#draining) return 0;
    // After a resize there may be more of either than the limits allow.
    const places = Math.max(0, this.#limits.maxConcurrency - this.#running) + this.#limits.maxQueue;
    return Math.max(0, places - this.#line.size);
  }

  /**
   * Admits a job: it starts at once if there is a free slot and no other job waits, and waits otherwise.
   *
   * @param job a new one: a job is admitted once
   * @throws ChatstreamError `queue_full` with the seconds after which to try again, or `draining`
   */
  admit(job: J): void {
    this.assertVacancy();
    if (job.status !== 'new') throw new ChatstreamError('internal', 'A job was admitted twice.');
    job.status = 'waiting';
    job.admittedMs = this.#clock.now();
    this.#line.enter(job);
    this.#fill();
    this.#watchFirst();
  }

  /**
   * Throws what {@link admit} would throw if `pending` other jobs were admitted first.
   *
   * @throws ChatstreamError as `admit` does
   */
  assertVacancy(pending = 0): void {
    if (this.#draining) throw drainingError(this.retryAfterSeconds());
    if (this.vacancies > pending) return;
    const queue = { ...this.#limits, running: this.#running, waiting: this.waiting, pending };
    throw queueFullError(queue, this.retryAfterSeconds());
  }

  /**
   * Throws if a key may not have so many more jobs wait: those that could start at once do not count.
   *
   * @throws ChatstreamError `rate_limited`
   */
  assertKeyRoom(key: string, jobs: number): void {
    const room = this.#fairLine?.roomOf(key);
    if (room === undefined || room.maxWaiting === null) return;
    const free = this.#line.size === 0 ? Math.max(0, this.#limits.maxConcurrency - this.#running) : 0;
    const waits = jobs - Math.min(jobs, free, room.mayStart);
    if (waits === 0 || room.waiting + waits <= room.maxWaiting) return;
    throw rateLimitedError(key, `${room.maxWaiting} waiting requests`, this.retryAfterSeconds());
  }

  /** Ends a running job; the first waiting one starts before this returns. Jobs that are not running are ignored. */
  release(job: J): void {
    if (job.status !== 'running') return;
    job.status = 'gone';
    this.#running -= 1;
    this.#fairLine?.ended(job);
    const now = this.#clock.now();
    this.#rate.release(now);
    if (this.#running === 0) this.#rate.idle(now);
    this.#fill();
    this.#watchFirst();
    this.#settleDrain();
  }

  /** Removes a job, whether it waits or runs. @returns what it was doing */
  withdraw(job: J): 'waiting' | 'running' | 'neither' {
    switch (job.status) {
      case 'running':
        this.release(job);
        return 'running';
      case 'waiting':
        this.#leave(job);
        this.#watchFirst();
        this.#events.emit({ type: 'moved' });
        return 'waiting';
      case 'new':
      case 'gone':
        return 'neither';
    }
  }

  /** Changes the limits at once. Waiting jobs start if there is more room; no running or waiting job is ever removed. */
  resize(limits: Partial<SchedulerLimits>): void {
    this.#limits = { ...this.#limits, ...limits };
    this.#fill();
    this.#watchFirst();
  }

  /** Changes the terms of keys at once; no running or waiting job is ever removed. */
  configureKeys(terms: ReadonlyMap<string, KeyTerms>): void {
    this.#fairLine?.configure(terms);
    this.#fill();
    this.#watchFirst();
    if (this.#line.size > 0) this.#events.emit({ type: 'moved' });
  }

  /** Whether a key runs as many jobs as it may. */
  isKeyFull(key: string): boolean {
    return this.#fairLine?.account(key)?.isAtItsLimit ?? false;
  }

  /** The engine has found that many prompt tokens of a running job in its cache, which its key need not pay for. */
  countCached(job: J, tokens: number): void {
    this.#fairLine?.cached(job, tokens);
  }

  /** A running job has got an output token. */
  countOutput(job: J): void {
    this.#fairLine?.produced(job);
  }

  /** Stops admitting jobs and turns away those that wait. Resolves when the last running job has ended. */
  drain(): Promise<void> {
    this.#draining = true;
    this.turnAwayWaiting(() => drainingError(this.retryAfterSeconds()));
    return new Promise((resolve) => {
      this.#drained.push(resolve);
      this.#settleDrain();
    });
  }

  /** Empties the request queue; running jobs go on. */
  turnAwayWaiting(error: () => ChatstreamError): void {
    const { oldest } = this.#line;
    for (let next = oldest; next !== undefined; next = this.#line.oldest) this.#turnAway(next, error);
    this.#watchFirst();
  }

  /** Where a waiting job stands now; undefined if it is not waiting. */
  view(job: J): WaitingView | undefined {
    if (job.status !== 'waiting') return undefined;
    const position = this.#line.position(job);
    return { position, etaMs: etaMs(position, this.#rate.perSecond(this.#clock.now())) };
  }

  /** Every waiting job in order. */
  *entries(): Generator<QueueEntry<J>> {
    const now = this.#clock.now();
    const perSecond = this.#rate.perSecond(now);
    let position = 0;
    for (const job of this.#line) {
      position += 1;
      yield { job, position, waitedMs: now - job.admittedMs, etaMs: etaMs(position, perSecond) };
    }
  }

  /** When a refused caller should try again: when all waiting jobs and its own would have started. 1 to 60 s. */
  retryAfterSeconds(): number {
    const seconds = this.#rate.expectedMs(this.#line.size + 1, this.#clock.now()) / 1000;
    return Math.min(60, Math.max(1, Math.ceil(seconds)));
  }

  /**
   * Starts waiting jobs while there is room. Not recursive: a listener may release its job while it handles the event.
   * During a drain no job starts, even if a slot becomes free while waiting jobs are being turned away.
   */
  #fill(): void {
    if (this.#filling || this.#draining) return;
    this.#filling = true;
    let moved = false;
    try {
      while (this.#running < this.#limits.maxConcurrency) {
        const job = this.#line.next();
        if (job === undefined) break;
        this.#start(job);
        moved = true;
      }
    } finally {
      this.#filling = false;
    }
    if (moved && this.#line.size > 0) this.#events.emit({ type: 'moved' });
  }

  #start(job: J): void {
    const now = this.#clock.now();
    job.status = 'running';
    this.#running += 1;
    this.#rate.busy(now);
    this.#events.emit({ type: 'started', job, waitedMs: now - job.admittedMs });
  }

  #leave(job: J): void {
    job.status = 'gone';
    this.#line.leave(job);
  }

  /** @param makeError called after the job has left, so that the job does not count towards its own retry time */
  #turnAway(job: J, makeError: () => ChatstreamError): void {
    this.#leave(job);
    const waitedMs = this.#clock.now() - job.admittedMs;
    this.#events.emit({ type: 'turned_away', job, waitedMs, error: makeError() });
  }

  #watchFirst(): void {
    const { oldest } = this.#line;
    if (oldest === undefined) this.#timer.cancel();
    else if (this.#queueTimeoutMs > 0) this.#timer.watch(oldest.admittedMs + this.#queueTimeoutMs);
  }

  #turnAwayLate(): void {
    const now = this.#clock.now();
    let moved = false;
    for (let { oldest } = this.#line; oldest !== undefined; oldest = this.#line.oldest) {
      // Timers may fire a little early; half a millisecond does not matter.
      if (now - oldest.admittedMs < this.#queueTimeoutMs - 0.5) break;
      this.#turnAway(oldest, () => queueTimeoutError(this.#queueTimeoutMs, this.retryAfterSeconds()));
      moved = true;
    }
    if (moved && this.#line.size > 0) this.#events.emit({ type: 'moved' });
    this.#watchFirst();
  }

  #settleDrain(): void {
    if (!this.#draining || this.#running > 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}

function etaMs(position: number, releasesPerSecond: number | null): number | null {
  return releasesPerSecond === null ? null : (position / releasesPerSecond) * 1000;
}
