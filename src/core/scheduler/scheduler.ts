import type { CancelTimer, Clock } from '../base/clock.js';
import { Emitter, type Subscribable } from '../base/emitter.js';
import { ChatstreamError } from '../base/errors.js';
import { ReleaseRate } from './release-rate.js';
import { type Place, WaitingLine } from './waiting-line.js';

export interface SchedulerLimits {
  /** Size of the processing queue: jobs that may run at once, 1 or more. */
  readonly maxConcurrency: number;
  /** Size of the request queue: jobs that may wait, 0 or more. */
  readonly maxQueue: number;
}

export interface SchedulerOptions extends SchedulerLimits {
  /** Longest wait in the queue in milliseconds; 0 is unlimited. */
  readonly queueTimeoutMs: number;
}

/** What the scheduler tells its owner. Every admitted job gets either `started` or `turned_away`, unless it withdraws. */
export type SchedulerEvent<Job> =
  | { readonly type: 'started'; readonly id: string; readonly job: Job; readonly waitedMs: number }
  | {
      readonly type: 'turned_away';
      readonly id: string;
      readonly job: Job;
      readonly waitedMs: number;
      readonly error: ChatstreamError;
    }
  /** Waiting jobs may have moved up. */
  | { readonly type: 'moved' };

interface Waiting<Job> {
  readonly state: 'waiting';
  readonly id: string;
  readonly job: Job;
  readonly enteredMs: number;
  readonly place: Place<string>;
}

interface Running<Job> {
  readonly state: 'running';
  readonly id: string;
  readonly job: Job;
}

/** A waiting job as it looks now. */
export interface WaitingView {
  readonly id: string;
  /** 1 is the next to start. */
  readonly position: number;
  readonly waitedMs: number;
  /** Expected time until it starts, from measured releases; null until there was one. */
  readonly etaMs: number | null;
}

/**
 * The request queue and the processing queue. At most `maxConcurrency` jobs run; the others wait first come, first
 * served, and a slot that is freed goes to the first of them in the same turn, so that no newcomer can slip in between.
 *
 * It knows neither HTTP nor engines: jobs are opaque, and whoever owns it starts them when it says so. Every operation
 * costs at most O(log n) in the number of waiting jobs.
 */
export class Scheduler<Job> {
  readonly #clock: Clock;
  readonly #queueTimeoutMs: number;
  readonly #jobs = new Map<string, Waiting<Job> | Running<Job>>();
  readonly #line = new WaitingLine<string>();
  readonly #rate = new ReleaseRate();
  readonly #events = new Emitter<SchedulerEvent<Job>>();
  readonly #drained: (() => void)[] = [];
  #limits: SchedulerLimits;
  #running = 0;
  #draining = false;
  #filling = false;
  #deadline: { readonly id: string; readonly cancel: CancelTimer } | undefined;

  constructor({ maxConcurrency, maxQueue, queueTimeoutMs }: SchedulerOptions, clock: Clock) {
    this.#clock = clock;
    this.#queueTimeoutMs = queueTimeoutMs;
    this.#limits = { maxConcurrency, maxQueue };
  }

  get events(): Subscribable<SchedulerEvent<Job>> {
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
   * Admits a job, which starts at once if there is room and nobody waits, and else waits its turn.
   *
   * @throws ChatstreamError `queue_full` with the seconds after which to try again, or `draining`
   */
  admit(id: string, job: Job): void {
    this.assertVacancy();
    if (this.#jobs.has(id)) throw new ChatstreamError('internal', `The job ${id} was admitted twice.`);
    const place = this.#line.enter(id);
    this.#jobs.set(id, { state: 'waiting', id, job, enteredMs: this.#clock.now(), place });
    this.#fill();
    this.#watchDeadline();
  }

  /**
   * What {@link admit} would say to a newcomer, when `pending` others are about to be admitted before it.
   *
   * @throws ChatstreamError as `admit` does
   */
  assertVacancy(pending = 0): void {
    if (this.#draining) throw drainingError(this.retryAfterSeconds());
    if (this.vacancies <= pending) throw this.#queueFullError();
  }

  /** A running job has ended; the first waiting one starts before this returns. Unknown ids are ignored. */
  release(id: string): void {
    const job = this.#jobs.get(id);
    if (job?.state !== 'running') return;
    this.#jobs.delete(id);
    this.#running -= 1;
    const now = this.#clock.now();
    this.#rate.release(now);
    if (this.#running === 0) this.#rate.idle(now);
    this.#fill();
    this.#watchDeadline();
    this.#settleDrain();
  }

  /** Takes a job back, waiting or running. @returns what it was doing */
  withdraw(id: string): 'waiting' | 'running' | 'unknown' {
    const job = this.#jobs.get(id);
    if (job === undefined) return 'unknown';
    if (job.state === 'running') {
      this.release(id);
      return 'running';
    }
    this.#jobs.delete(id);
    this.#line.leave(job.place);
    this.#watchDeadline();
    this.#events.emit({ type: 'moved' });
    return 'waiting';
  }

  /** Changes the limits at once. Waiting jobs start if there is more room; running and waiting ones are never sent away. */
  resize(limits: Partial<SchedulerLimits>): void {
    this.#limits = { ...this.#limits, ...limits };
    this.#fill();
    this.#watchDeadline();
  }

  /** Admits nothing more and turns away whoever waits. Resolves when the last running job has ended. */
  drain(): Promise<void> {
    this.#draining = true;
    this.turnAwayWaiting(() => drainingError(this.retryAfterSeconds()));
    return new Promise((resolve) => {
      this.#drained.push(resolve);
      this.#settleDrain();
    });
  }

  /** Empties the request queue; running jobs are left alone. */
  turnAwayWaiting(error: () => ChatstreamError): void {
    for (let id = this.#line.first; id !== undefined; id = this.#line.first) this.#turnAway(id, error);
    this.#watchDeadline();
  }

  /** A waiting job as it looks now; undefined if it does not wait (any more). */
  view(id: string): WaitingView | undefined {
    const job = this.#jobs.get(id);
    if (job?.state !== 'waiting') return undefined;
    return this.#view(job, this.#line.position(job.place), this.#clock.now());
  }

  /** Every waiting job in order. */
  *waitingViews(): Generator<WaitingView> {
    const now = this.#clock.now();
    let position = 0;
    for (const id of this.#line) {
      const job = this.#jobs.get(id);
      if (job?.state === 'waiting') yield this.#view(job, (position += 1), now);
    }
  }

  /** When a refused caller should try again: when the last of those waiting and itself would have started. 1 to 60 s. */
  retryAfterSeconds(): number {
    const seconds = this.#rate.expectedMs(this.#line.size + 1, this.#clock.now()) / 1000;
    return Math.min(60, Math.max(1, Math.ceil(seconds)));
  }

  #view(job: Waiting<Job>, position: number, now: number): WaitingView {
    const perSecond = this.#rate.perSecond(now);
    const etaMs = perSecond === null ? null : (position / perSecond) * 1000;
    return { id: job.id, position, waitedMs: now - job.enteredMs, etaMs };
  }

  /**
   * Starts waiting jobs while there is room. Not recursive: a listener may release its job while being told of it. While
   * draining nothing starts, not even when a slot becomes free while the waiting are being turned away.
   */
  #fill(): void {
    if (this.#filling || this.#draining) return;
    this.#filling = true;
    let moved = false;
    try {
      while (this.#running < this.#limits.maxConcurrency) {
        const id = this.#line.next();
        if (id === undefined) break;
        this.#start(id);
        moved = true;
      }
    } finally {
      this.#filling = false;
    }
    if (moved && this.#line.size > 0) this.#events.emit({ type: 'moved' });
  }

  #start(id: string): void {
    const job = this.#jobs.get(id);
    if (job?.state !== 'waiting') return;
    const now = this.#clock.now();
    this.#jobs.set(id, { state: 'running', id, job: job.job });
    this.#running += 1;
    this.#rate.busy(now);
    this.#events.emit({ type: 'started', id, job: job.job, waitedMs: now - job.enteredMs });
  }

  /** @param makeError called when the job has left, so that it does not count itself among those before it */
  #turnAway(id: string, makeError: () => ChatstreamError): void {
    const job = this.#jobs.get(id);
    if (job?.state !== 'waiting') return;
    this.#jobs.delete(id);
    this.#line.leave(job.place);
    const waitedMs = this.#clock.now() - job.enteredMs;
    this.#events.emit({ type: 'turned_away', id, job: job.job, waitedMs, error: makeError() });
  }

  /**
   * One timer is enough: all wait equally long at the most, so the first in line is always the first to run out of time.
   */
  #watchDeadline(): void {
    const id = this.#line.first;
    if (id === this.#deadline?.id) return;
    this.#deadline?.cancel();
    this.#deadline = undefined;
    const job = id === undefined ? undefined : this.#jobs.get(id);
    if (job?.state !== 'waiting' || this.#queueTimeoutMs === 0) return;
    const leftMs = job.enteredMs + this.#queueTimeoutMs - this.#clock.now();
    const cancel = this.#clock.schedule(Math.max(0, leftMs), () => {
      this.#deadline = undefined;
      this.#turnAwayLate();
    });
    this.#deadline = { id: job.id, cancel };
  }

  #turnAwayLate(): void {
    const now = this.#clock.now();
    for (let id = this.#line.first; id !== undefined; id = this.#line.first) {
      const job = this.#jobs.get(id);
      // Timers may fire a little early; half a millisecond is nobody's patience.
      if (job?.state !== 'waiting' || now - job.enteredMs < this.#queueTimeoutMs - 0.5) break;
      this.#turnAway(id, () => queueTimeoutError(this.#queueTimeoutMs, this.retryAfterSeconds()));
    }
    if (this.#line.size > 0) this.#events.emit({ type: 'moved' });
    this.#watchDeadline();
  }

  #settleDrain(): void {
    if (!this.#draining || this.#running > 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  #queueFullError(): ChatstreamError {
    const seconds = this.retryAfterSeconds();
    const { maxConcurrency, maxQueue } = this.#limits;
    const waiting = maxQueue === 0 ? 'nobody may wait' : `${this.#line.size} of ${maxQueue} places to wait are taken`;
    return new ChatstreamError(
      'queue_full',
      `The queue is full: ${this.#running} of ${maxConcurrency} generations run and ${waiting}.`,
      {
        hint: `Try again in ${seconds} s.`,
        retryAfterSeconds: seconds,
      },
    );
  }
}

function drainingError(retryAfterSeconds: number): ChatstreamError {
  return new ChatstreamError('draining', 'The server is shutting down and takes no new requests.', {
    hint: 'Try again in a moment, or on another server.',
    retryAfterSeconds,
  });
}

/** What a request is told that has waited for too long, in the queue or for the engine. */
export function queueTimeoutError(queueTimeoutMs: number, retryAfterSeconds: number): ChatstreamError {
  return new ChatstreamError(
    'queue_timeout',
    `The request waited ${queueTimeoutMs / 1000} s, longer than the queue allows.`,
    {
      hint: `Try again in ${retryAfterSeconds} s.`,
      retryAfterSeconds,
    },
  );
}
