import type { Clock } from '../base/clock.js';
import { Emitter, type Subscribable } from '../base/emitter.js';
import { ChatstreamError } from '../base/errors.js';
import { notStartedError } from '../base/refusals/queue-refusals.js';
import type { KeyedJobs } from './fairness/keyed-jobs.js';
import type { ReserveSettings } from './fairness/reserves.js';
import type { Claimant } from './jobs/demand.js';
import type { Job, QueueEntry, SchedulerEvent, TurningAway, WaitingView, WaitReason } from './jobs/job.js';
import type { QueueRoom } from './queue-room.js';
import type { SchedulerLimits, SchedulerOptions } from './scheduler-options.js';
import { type SchedulerParts, schedulerParts } from './scheduler-parts.js';

export type { SchedulerLimits, SchedulerOptions } from './scheduler-options.js';

/**
 * The request queue and the processing queue. At most `maxConcurrency` places are taken by running jobs; the others wait, first
 * come, first served, or in the order of a `FairLine`. A place that becomes free goes to the first waiting job in the same
 * call, so that no new job can take it first. If that job needs several places, free ones are kept for it until there are enough.
 *
 * The scheduler knows neither HTTP nor engines: its owner starts a job when it is told to. Every operation on a job costs
 * at most O(log n) in the number of waiting jobs.
 */
export class Scheduler<J extends Job> {
  readonly #clock: Clock;
  readonly #events = new Emitter<SchedulerEvent<J>>();
  /** Whether more can be admitted. */
  readonly room: QueueRoom;
  readonly #line: SchedulerParts<J>['line'];
  readonly #fairLine: SchedulerParts<J>['fairLine'];
  readonly #occupancy: SchedulerParts<J>['occupancy'];
  readonly #estimates: SchedulerParts<J>['estimates'];
  readonly #starter: SchedulerParts<J>['starter'];
  readonly #waits: SchedulerParts<J>['waits'];
  readonly #departures: SchedulerParts<J>['departures'];
  readonly #retryAfterSeconds: () => number;
  readonly #moved: () => void;

  /** @param former the scheduler that this one replaces; its measurements and the accounts of keys are taken over */
  constructor(options: SchedulerOptions, clock: Clock, former: Scheduler<J> | null = null) {
    const taken = former === null ? null : { fairLine: former.#fairLine, estimates: former.#estimates };
    const parts = schedulerParts(options, clock, this.#events, taken);
    this.#clock = clock;
    this.room = parts.room;
    this.#line = parts.line;
    this.#fairLine = parts.fairLine;
    this.#occupancy = parts.occupancy;
    this.#estimates = parts.estimates;
    this.#starter = parts.starter;
    this.#waits = parts.waits;
    this.#departures = parts.departures;
    this.#retryAfterSeconds = parts.retryAfterSeconds;
    this.#moved = parts.moved;
  }

  get events(): Subscribable<SchedulerEvent<J>> {
    return this.#events.subscribe;
  }

  get limits(): SchedulerLimits {
    return this.#occupancy.limits;
  }

  get running(): number {
    return this.#occupancy.running;
  }

  get waiting(): number {
    return this.#occupancy.waiting;
  }

  /** The job that starts next as soon as there are places for it; undefined if none may start. */
  get first(): J | undefined {
    return this.#line.first;
  }

  get draining(): boolean {
    return this.#occupancy.draining;
  }

  get queuedTokens(): number {
    return this.#occupancy.queuedTokens;
  }

  /** When the job that has waited longest without starting was admitted, in milliseconds; null if none waits. */
  get oldestAdmittedMs(): number | null {
    return this.#line.oldest?.admittedMs ?? null;
  }

  /** Jobs that have given up their places and wait to continue. They count as waiting. */
  get paused(): readonly J[] {
    return [...(this.#fairLine?.paused ?? [])];
  }

  /** Whether `jobs` jobs of this claimant would start at once because places are held back for them. */
  hasReserved(claimant: Claimant, jobs: number): boolean {
    if (this.#occupancy.isClosed) return false;
    return Math.min(this.#occupancy.freePlaces, this.#fairLine?.keys.spareFor(claimant) ?? 0) >= jobs;
  }

  /**
   * Admits a job: it starts at once if there are places for it and no other job waits, and waits otherwise. If it is expected
   * to start after its deadline, it is turned away at once.
   *
   * @param job a new one: a job is admitted once
   * @throws ChatstreamError `queue_full` with the seconds after which to try again, or `draining`
   */
  admit(job: J): void {
    if (!this.hasReserved(job.demand, job.places)) this.room.assertRoomOf(job);
    this.readmit(job, 0);
  }

  /**
   * Admits a job that another scheduler had admitted before, even if the queue is full. It waits behind the jobs that are already
   * in the line. It is turned away if its deadline has passed.
   *
   * @param waitedMs how long it has waited there, in milliseconds
   */
  readmit(job: J, waitedMs: number): void {
    if (job.status !== 'new') throw new ChatstreamError('internal', 'A job was admitted twice.');
    job.status = 'waiting';
    job.admittedMs = this.#clock.now() - waitedMs;
    job.work = this.#estimates.workOf(job);
    this.#line.enter(job);
    this.#occupancy.queuedTokens += job.demand.promptTokens;
    // The deadline is checked first: a job that is past it must not start, even if there is a place for it.
    const stage = waitedMs > 0 ? 'waiting' : 'arrival';
    if (this.#waits.turnAwayPast(job, stage)) return;
    this.#starter.fill();
    this.#waits.watchOldest();
    this.#waits.watch(job, stage);
  }

  /**
   * Counts a job as running that another scheduler has started; no event is emitted.
   *
   * @param former the job there, if known: the tokens that it has received count
   */
  adopt(job: J, former: J | null = null): void {
    if (job.status !== 'new') throw new ChatstreamError('internal', 'A job was admitted twice.');
    job.status = 'running';
    job.admittedMs = this.#clock.now();
    this.#occupancy.running += job.places;
    job.run = former?.run ?? null;
    this.#fairLine?.adopt(job, former);
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
    this.#departures.settle();
  }

  /** Removes a job, whether it waits or runs. @returns what it was doing */
  withdraw(job: J): 'waiting' | 'running' | 'neither' {
    switch (job.status) {
      case 'running':
        this.release(job);
        return 'running';
      case 'waiting':
      case 'paused':
        this.#departures.leave(job);
        // Free places may have been kept for it, if it needs several.
        if (job.places > 1) this.#starter.fill();
        this.#waits.watchOldest();
        this.#events.emit({ type: 'moved' });
        this.#departures.settle();
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
  keepToTarget(job: J, stage: TurningAway = 'arrival'): void {
    this.#waits.keepToTarget(job, stage);
  }

  /**
   * Changes the limits at once. Waiting jobs start if there is more room; no running or waiting job is ever removed.
   *
   * @throws ChatstreamError `invalid_request` if places are reserved and none would remain for others
   */
  resize(limits: Partial<SchedulerLimits>): void {
    if (limits.maxConcurrency !== undefined) this.#fairLine?.keys.reserves.assertRoomIn(limits.maxConcurrency);
    this.#occupancy.limits = { ...this.limits, ...limits };
    this.#starter.fill();
    this.#waits.watchOldest();
  }

  /** Sets how many places are usable, for example while an engine restarts. Fewer than the limit cap it; the limit itself stays. */
  confine(placesInOrder: number): void {
    this.#occupancy.placesInOrder = placesInOrder;
    this.resize({});
  }

  /** Suspends or resumes starts. While suspended, jobs are still admitted, and running and paused jobs continue. Must not be called in a listener. */
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
    this.#fairLine?.keys.configure({ terms, classReserves }, this.#occupancy.limits.maxConcurrency);
    this.resize({});
    this.#moved();
  }

  /** What a waiting job waits for: its key's limit of running jobs, a place that is not held back for others, or any place. */
  waitsFor({ demand }: J): WaitReason {
    if (this.#fairLine?.keys.account(demand.payer ?? demand.key)?.isAtItsLimit === true) return 'key';
    return this.#occupancy.freePlaces > 0 && this.#occupancy.heldPlaces > 0 ? 'reserve' : 'slot';
  }

  /** The class in which a waiting job competes now, to which it may have risen: 0 for the highest, and without classes. */
  rankOf(job: J): number {
    return this.#fairLine?.rankOf(job) ?? 0;
  }

  /** The service that each key has received; null if keys do not share the queue. */
  get keys(): Pick<KeyedJobs<J>, 'services' | 'restoreServices'> | null {
    return this.#fairLine?.keys ?? null;
  }

  /** Notes that the engine found `tokens` prompt tokens of a running job in its cache; the key is not charged for them. */
  countCached(job: J, tokens: number): void {
    this.#fairLine?.cached(job, tokens);
  }

  /** Notes that a running job has produced an output token. */
  countOutput(job: J): void {
    this.#fairLine?.produced(job);
    this.#estimates.produced(job);
  }

  /** Stops admitting jobs and turns away those that have not started. Resolves when the last of the others has ended. */
  drain(): Promise<void> {
    const drained = this.#departures.drain(() => notStartedError(this.retryAfterSeconds()));
    // Free places may have been kept for a job that needs several; paused ones continue in them.
    this.#starter.fill();
    this.#waits.watchOldest();
    return drained;
  }

  /** Empties the request queue; running jobs continue. */
  turnAwayWaiting(error: () => ChatstreamError): void {
    this.#departures.turnAllAway(error, { arePausedToo: true });
    this.#waits.watchOldest();
    this.#departures.settle();
  }

  /** The position and expected start of a waiting job; undefined for any other job. */
  view(job: J): WaitingView | undefined {
    return job.status === 'waiting' ? this.#estimates.viewIn(this.#line, job) : undefined;
  }

  /** All waiting jobs, paused ones included, in the order in which they start. */
  entries(): Generator<QueueEntry<J>> {
    return this.#estimates.entriesOf(this.#line);
  }

  /** When a refused caller should try again: when all waiting jobs and its own would have started. 1 to 60 s. */
  retryAfterSeconds(): number {
    return this.#retryAfterSeconds();
  }
}
