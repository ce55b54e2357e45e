import type { Clock } from '../base/clock.js';
import { Emitter, type Subscribable } from '../base/emitter.js';
import { ChatstreamError } from '../base/errors.js';
import { drainingError } from '../base/queue-refusals.js';
import type { Claimant } from './demand.js';
import { FairLine, type Services } from './fair-line.js';
import type { Job, QueueEntry, SchedulerEvent, TurningAway, WaitingView, WaitReason } from './job.js';
import type { JobLine } from './job-line.js';
import { Occupancy } from './occupancy.js';
import { checkPreemption } from './preemption.js';
import { QueueRoom, type QueueState } from './queue-room.js';
import type { ReserveSettings } from './reserves.js';
import type { SchedulerLimits, SchedulerOptions } from './scheduler-options.js';
import { StartEstimates } from './start-estimates.js';
import { Starter } from './starter.js';
import { WaitingLimits } from './waiting-limits.js';
import { WaitingLine } from './waiting-line.js';

export type { SchedulerLimits, SchedulerOptions } from './scheduler-options.js';

/**
 * The request queue and the processing queue. At most `maxConcurrency` places are taken by running jobs; the others wait, first
 * come, first served, or as {@link FairLine} has it. A slot that becomes free goes to the first waiting job in the same call, so
 * that no new job can take it first. If that one needs several, they are kept for it until they are enough.
 *
 * The scheduler knows neither HTTP nor engines: its owner starts a job when it is told to. Every operation on a job costs
 * at most O(log n) in the number of waiting jobs.
 */
export class Scheduler<J extends Job> implements QueueState {
  readonly #clock: Clock;
  /** See {@link SchedulerOptions}. */
  readonly maxQueuedTokens: number | null;
  /** Whether more can be admitted. */
  readonly room: QueueRoom;
  readonly #line: JobLine<J>;
  readonly #fairLine: FairLine<J> | null;
  readonly #estimates: StartEstimates<J>;
  readonly #waits: WaitingLimits<J>;
  readonly #events = new Emitter<SchedulerEvent<J>>();
  readonly #drained: (() => void)[] = [];
  readonly #occupancy: Occupancy;
  readonly #starter: Starter<J>;

  constructor(options: SchedulerOptions, clock: Clock) {
    const { maxConcurrency, maxQueue, queueTimeoutMs, maxQueuedTokens = null, ttftTargetMs = null, fair } = options;
    this.maxQueuedTokens = maxQueuedTokens;
    this.#clock = clock;
    this.#occupancy = new Occupancy({ maxConcurrency, maxQueue });
    if (fair !== undefined) checkPreemption(fair);
    this.#fairLine = fair === undefined ? null : new FairLine(fair, maxConcurrency, clock);
    this.#line = this.#fairLine ?? new WaitingLine<J>();
    this.#estimates = new StartEstimates(fair?.policy === 'fair', clock, (job) => this.#starter.startsByMs(job));
    const retryAfterSeconds = (): number => this.retryAfterSeconds();
    this.room = new QueueRoom(this, (payer) => this.#fairLine?.roomOf(payer) ?? null, retryAfterSeconds);
    this.#waits = new WaitingLimits(
      {
        ...{ line: this.#line, estimates: this.#estimates, queueTimeoutMs, ttftTargetMs, retryAfterSeconds },
        turnAway: (...turning) => {
          this.#turnAway(...turning);
        },
        onMoved: () => {
          this.#starter.fill();
          this.#moved();
        },
      },
      clock,
    );
    this.#starter = new Starter(
      {
        ...{ line: this.#line, fairLine: this.#fairLine, occupancy: this.#occupancy, estimates: this.#estimates },
        preemptAfterMs: fair?.preemptAfterMs ?? null,
        onStarting: (job) => {
          this.#waits.unwatch(job);
        },
        emit: (event) => {
          this.#events.emit(event);
        },
      },
      clock,
    );
  }

  get events(): Subscribable<SchedulerEvent<J>> {
    return this.#events.subscribe;
  }

  get limits(): SchedulerLimits {
    return this.#occupancy.limits;
  }

  get places(): number {
    return this.#occupancy.places;
  }

  get running(): number {
    return this.#occupancy.running;
  }

  get waiting(): number {
    return this.#line.places;
  }

  /** The job that starts next as soon as there are places for it; undefined if none may start. */
  get first(): J | undefined {
    return this.#line.first;
  }

  get isSavingUp(): boolean {
    // To look for the first one costs more than to see that all need one place.
    if (this.#line.places === this.#line.size) return false;
    return (this.#line.first?.places ?? 0) > this.#occupancy.freePlaces;
  }

  get draining(): boolean {
    return this.#occupancy.isDraining;
  }

  get queuedTokens(): number {
    return this.#occupancy.queuedTokens;
  }

  /**
   * When the job was admitted that has waited for longest of those that have not started, in the clock's milliseconds; null if
   * none waits.
   */
  get oldestAdmittedMs(): number | null {
    return this.#line.oldest?.admittedMs ?? null;
  }

  /** Jobs that have given up their places and wait to go on. They count as waiting. */
  get paused(): readonly J[] {
    return [...(this.#fairLine?.paused ?? [])];
  }

  /** Free places that are held back for some keys and classes. */
  get heldPlaces(): number {
    return this.#fairLine?.reserves.held ?? 0;
  }

  /** Whether so many jobs with this demand would start at once because places are held back for them. */
  hasReserved(claimant: Claimant, jobs: number): boolean {
    if (this.#occupancy.isClosed) return false;
    return Math.min(this.#occupancy.freePlaces, this.#fairLine?.spareFor(claimant) ?? 0) >= jobs;
  }

  /**
   * Admits a job: it starts at once if there are places for it and no other job waits, and waits otherwise. If it is expected
   * to start after its deadline, it is turned away at once.
   *
   * @param job a new one: a job is admitted once
   * @throws ChatstreamError `queue_full` with the seconds after which to try again, or `draining`
   */
  admit(job: J): void {
    if (!this.hasReserved(job.demand, job.places)) this.room.assertRoomFor(job.places);
    this.readmit(job, 0);
  }

  /**
   * Takes a job that was admitted elsewhere before, however many wait: its place is behind those that wait already. It is
   * turned away if its deadline has passed.
   *
   * @param waitedMs for how long it has waited there, in milliseconds
   */
  readmit(job: J, waitedMs: number): void {
    if (job.status !== 'new') throw new ChatstreamError('internal', 'A job was admitted twice.');
    job.status = 'waiting';
    job.admittedMs = this.#clock.now() - waitedMs;
    job.work = this.#estimates.workOf(job);
    this.#line.enter(job);
    this.#occupancy.queuedTokens += job.demand.promptTokens;
    // Even if it could start at once.
    if (this.#waits.turnAwayPast(job, waitedMs > 0 ? 'waiting' : 'arrival')) return;
    this.#starter.fill();
    this.#waits.watchOldest();
    this.#waits.watch(job);
  }

  /** Takes a job that runs already, because it was started elsewhere. Nobody is told that it starts. */
  adopt(job: J): void {
    if (job.status !== 'new') throw new ChatstreamError('internal', 'A job was admitted twice.');
    job.status = 'running';
    job.admittedMs = this.#clock.now();
    this.#occupancy.running += job.places;
    this.#fairLine?.adopt(job);
    this.#estimates.started(job);
  }

  /** Ends a running job; the first waiting one starts before this returns. Jobs that are not running are ignored. */
  release(job: J): void {
    if (job.status !== 'running') return;
    job.status = 'gone';
    this.#occupancy.running -= job.places;
    this.#fairLine?.ended(job);
    if (this.#estimates.ended(job)) this.#estimates.weigh(this.#line);
    this.#starter.fill();
    this.#waits.watchOldest();
    this.#settleDrain();
  }

  /** Removes a job, whether it waits or runs. @returns what it was doing */
  withdraw(job: J): 'waiting' | 'running' | 'neither' {
    switch (job.status) {
      case 'running':
        this.release(job);
        return 'running';
      case 'waiting':
      case 'paused':
        this.#leave(job);
        // Places may have been kept for it.
        this.#starter.fill();
        this.#waits.watchOldest();
        this.#events.emit({ type: 'moved' });
        this.#settleDrain();
        return 'waiting';
      case 'new':
      case 'gone':
        return 'neither';
    }
  }

  /**
   * Turns a waiting job away if its first token is expected after `ttftTargetMs`, now or while it waits. One that has started stays.
   * Called once for a job, after it had its chance to start.
   */
  keepToTarget(job: J): void {
    this.#waits.keepToTarget(job);
  }

  /**
   * Changes the limits at once. Waiting jobs start if there is more room; no running or waiting job is ever removed.
   *
   * @throws ChatstreamError `invalid_request` if places are reserved and none would remain for others
   */
  resize(limits: Partial<SchedulerLimits>): void {
    if (limits.maxConcurrency !== undefined) this.#fairLine?.reserves.assertRoomIn(limits.maxConcurrency);
    this.#occupancy.limits = { ...this.limits, ...limits };
    this.#starter.fill();
    this.#waits.watchOldest();
  }

  /** Says how many places are in order. While they are fewer than the limit, no more jobs run; the limit stays as it is set. */
  confine(placesInOrder: number): void {
    this.#occupancy.placesInOrder = placesInOrder;
    this.resize({});
  }

  /**
   * While it is held, no job starts; jobs are admitted, and those go on that run or have been paused. Not from within an
   * event.
   */
  hold(isHeld: boolean): void {
    this.#occupancy.isHeld = isHeld;
    this.resize({});
  }

  /**
   * Changes the terms of keys and the reserves of classes at once; no running or waiting job is ever removed.
   *
   * @throws ChatstreamError `usage` if no place would remain for others; nothing is changed then
   */
  configureKeys(terms: ReserveSettings['terms'], classReserves: ReserveSettings['classReserves'] = new Map()): void {
    this.#fairLine?.configure({ terms, classReserves }, this.#occupancy.limits.maxConcurrency);
    this.#starter.fill();
    this.#waits.watchOldest();
    this.#moved();
  }

  /** What a waiting job needs: that its key ends another, or that a place becomes free that is not held back for others. */
  waitsFor({ demand }: J): WaitReason {
    if (this.#fairLine?.account(demand.payer ?? demand.key)?.isAtItsLimit === true) return 'key';
    return this.#occupancy.running < this.places && this.heldPlaces > 0 ? 'reserve' : 'slot';
  }

  /**
   * The class in which a waiting job competes now, to which it may have risen: 0 for the one that goes first, and for all where
   * classes make no difference.
   */
  rankOf(job: J): number {
    return this.#fairLine?.rankOf(job) ?? 0;
  }

  /** The engine has found that many prompt tokens of a running job in its cache, which its key need not pay for. */
  countCached(job: J, tokens: number): void {
    this.#fairLine?.cached(job, tokens);
  }

  /** The service that keys have had, by class, for whoever holds the line next; null where that makes no difference. */
  get services(): Services | null {
    return this.#fairLine?.services ?? null;
  }

  /** What was read from {@link services} elsewhere. */
  restoreServices(services: Services): void {
    this.#fairLine?.restoreServices(services);
  }

  /** A running job has got an output token. */
  countOutput(job: J): void {
    this.#fairLine?.produced(job);
    this.#estimates.produced(job);
  }

  /** Stops admitting jobs and turns away those that have not started. Resolves when the last of the others has ended. */
  drain(): Promise<void> {
    this.#occupancy.isDraining = true;
    this.#turnAwayNew(() => drainingError(this.retryAfterSeconds()));
    return new Promise((resolve) => {
      this.#drained.push(resolve);
      this.#settleDrain();
    });
  }

  /** Empties the request queue; running jobs go on. */
  turnAwayWaiting(error: () => ChatstreamError): void {
    this.#turnAwayNew(error);
    for (const job of this.paused) this.#turnAway(job, 'waiting', error);
    this.#settleDrain();
  }

  /** Where a job stands now that waits for its start; undefined for others. */
  view(job: J): WaitingView | undefined {
    return job.status === 'waiting' ? this.#estimates.viewIn(this.#line, job) : undefined;
  }

  /** Every waiting job in order, those that are paused included. */
  entries(): Generator<QueueEntry<J>> {
    return this.#estimates.entriesOf(this.#line);
  }

  /** When a refused caller should try again: when all waiting jobs and its own would have started. 1 to 60 s. */
  retryAfterSeconds(): number {
    return this.#estimates.retryAfterSeconds(this.#line.places);
  }

  #leave(job: J): void {
    job.status = 'gone';
    this.#occupancy.queuedTokens -= job.demand.promptTokens;
    this.#waits.unwatch(job);
    this.#line.leave(job);
  }

  #turnAwayNew(error: () => ChatstreamError): void {
    const { oldest } = this.#line;
    for (let next = oldest; next !== undefined; next = this.#line.oldest) this.#turnAway(next, 'waiting', error);
    this.#waits.watchOldest();
  }

  /** @param makeError called after the job has left, so that the job does not count towards its own retry time */
  #turnAway(job: J, stage: TurningAway, makeError: () => ChatstreamError): void {
    this.#leave(job);
    const waitedMs = this.#clock.now() - job.admittedMs;
    this.#events.emit({ type: 'turned_away', job, stage, waitedMs, error: makeError() });
  }

  #moved(): void {
    if (this.#line.size > 0) this.#events.emit({ type: 'moved' });
  }

  #settleDrain(): void {
    if (!this.#occupancy.isDraining || this.#occupancy.running + this.#line.size > 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}
