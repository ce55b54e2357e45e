import type { Clock } from '../base/clock.js';
import { Emitter, type Subscribable } from '../base/emitter.js';
import { ChatstreamError } from '../base/errors.js';
import { QueueTimer } from './queue-timer.js';
import { drainingError, queueFullError, queueTimeoutError } from './refusals.js';
import { ReleaseRate } from './release-rate.js';
import type { SchedulerEvent } from './scheduler-event.js';
import type { Ticket } from './ticket.js';
import { WaitingLine } from './waiting-line.js';
import type { QueueEntry, WaitingView } from './waiting-view.js';

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

/**
 * The request queue and the processing queue. At most `maxConcurrency` jobs run; the others wait first come, first
 * served, and a slot that is freed goes to the first of them in the same turn, so that no newcomer can slip in between.
 *
 * It knows neither HTTP nor engines: jobs are opaque, and whoever owns it starts them when it says so. Every operation
 * on a ticket costs at most O(log n) in the number of waiting jobs.
 */
export class Scheduler<Job> {
  readonly #clock: Clock;
  readonly #queueTimeoutMs: number;
  readonly #line = new WaitingLine<Ticket<Job>>();
  readonly #rate = new ReleaseRate();
  readonly #timer: QueueTimer;
  readonly #events = new Emitter<SchedulerEvent<Job>>();
  readonly #drained: (() => void)[] = [];
  #limits: SchedulerLimits;
  #running = 0;
  #draining = false;
  #filling = false;

  constructor({ maxConcurrency, maxQueue, queueTimeoutMs }: SchedulerOptions, clock: Clock) {
    this.#clock = clock;
    this.#queueTimeoutMs = queueTimeoutMs;
    this.#limits = { maxConcurrency, maxQueue };
    this.#timer = new QueueTimer(clock, () => {
      this.#turnAwayLate();
    });
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
   * @param ticket the job's, made for this one admission
   * @throws ChatstreamError `queue_full` with the seconds after which to try again, or `draining`
   */
  admit(ticket: Ticket<Job>): void {
    this.assertVacancy();
    if (ticket.state !== 'new') throw new ChatstreamError('internal', 'A job was admitted twice.');
    ticket.state = 'waiting';
    ticket.admittedMs = this.#clock.now();
    this.#line.enter(ticket);
    this.#fill();
    this.#watchFirst();
  }

  /**
   * What {@link admit} would say to a newcomer, when `pending` others are about to be admitted before it.
   *
   * @throws ChatstreamError as `admit` does
   */
  assertVacancy(pending = 0): void {
    if (this.#draining) throw drainingError(this.retryAfterSeconds());
    if (this.vacancies > pending) return;
    throw queueFullError({ ...this.#limits, running: this.#running, waiting: this.waiting }, this.retryAfterSeconds());
  }

  /** A running job has ended; the first waiting one starts before this returns. Jobs that do not run are ignored. */
  release(ticket: Ticket<Job>): void {
    if (ticket.state !== 'running') return;
    ticket.state = 'gone';
    this.#running -= 1;
    const now = this.#clock.now();
    this.#rate.release(now);
    if (this.#running === 0) this.#rate.idle(now);
    this.#fill();
    this.#watchFirst();
    this.#settleDrain();
  }

  /** Takes a job back, waiting or running. @returns what it was doing */
  withdraw(ticket: Ticket<Job>): 'waiting' | 'running' | 'neither' {
    switch (ticket.state) {
      case 'running':
        this.release(ticket);
        return 'running';
      case 'waiting':
        this.#leave(ticket);
        this.#watchFirst();
        this.#events.emit({ type: 'moved' });
        return 'waiting';
      case 'new':
      case 'gone':
        return 'neither';
    }
  }

  /** Changes the limits at once. Waiting jobs start if there is more room; running and waiting ones are never sent away. */
  resize(limits: Partial<SchedulerLimits>): void {
    this.#limits = { ...this.#limits, ...limits };
    this.#fill();
    this.#watchFirst();
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
    const { first } = this.#line;
    for (let next = first; next !== undefined; next = this.#line.first) this.#turnAway(next, error);
    this.#watchFirst();
  }

  /** Where a waiting job stands now; undefined if it does not wait (any more). */
  view(ticket: Ticket<Job>): WaitingView | undefined {
    if (ticket.state !== 'waiting') return undefined;
    const position = this.#line.position(ticket);
    return { position, etaMs: etaMs(position, this.#rate.perSecond(this.#clock.now())) };
  }

  /** Every waiting job in order. */
  *entries(): Generator<QueueEntry<Job>> {
    const now = this.#clock.now();
    const perSecond = this.#rate.perSecond(now);
    let position = 0;
    for (const { job, admittedMs } of this.#line) {
      position += 1;
      yield { job, position, waitedMs: now - admittedMs, etaMs: etaMs(position, perSecond) };
    }
  }

  /** When a refused caller should try again: when the last of those waiting and itself would have started. 1 to 60 s. */
  retryAfterSeconds(): number {
    const seconds = this.#rate.expectedMs(this.#line.size + 1, this.#clock.now()) / 1000;
    return Math.min(60, Math.max(1, Math.ceil(seconds)));
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
        const ticket = this.#line.next();
        if (ticket === undefined) break;
        this.#start(ticket);
        moved = true;
      }
    } finally {
      this.#filling = false;
    }
    if (moved && this.#line.size > 0) this.#events.emit({ type: 'moved' });
  }

  #start(ticket: Ticket<Job>): void {
    const now = this.#clock.now();
    ticket.state = 'running';
    this.#running += 1;
    this.#rate.busy(now);
    this.#events.emit({ type: 'started', ticket, waitedMs: now - ticket.admittedMs });
  }

  #leave(ticket: Ticket<Job>): void {
    ticket.state = 'gone';
    this.#line.leave(ticket);
  }

  /** @param makeError called when the job has left, so that it does not count itself among those before it */
  #turnAway(ticket: Ticket<Job>, makeError: () => ChatstreamError): void {
    this.#leave(ticket);
    const waitedMs = this.#clock.now() - ticket.admittedMs;
    this.#events.emit({ type: 'turned_away', ticket, waitedMs, error: makeError() });
  }

  #watchFirst(): void {
    const { first } = this.#line;
    if (first === undefined) this.#timer.cancel();
    else if (this.#queueTimeoutMs > 0) this.#timer.watch(first.admittedMs + this.#queueTimeoutMs);
  }

  #turnAwayLate(): void {
    const now = this.#clock.now();
    let moved = false;
    for (let { first } = this.#line; first !== undefined; first = this.#line.first) {
      // Timers may fire a little early; half a millisecond is nobody's patience.
      if (now - first.admittedMs < this.#queueTimeoutMs - 0.5) break;
      this.#turnAway(first, () => queueTimeoutError(this.#queueTimeoutMs, this.retryAfterSeconds()));
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
