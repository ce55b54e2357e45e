import type { Clock } from '../base/clock.js';
import { Emitter, type Subscribable } from '../base/emitter.js';
import { ChatstreamError } from '../base/errors.js';
import { notStartedError } from '../base/refusals/queue-refusals.js';
import { Departures } from './departures.js';
import { StartEstimates } from './estimates/start-estimates.js';
import { FairLine } from './fair-line.js';
import type { KeyedJobs } from './fairness/keyed-jobs.js';
import type { ReserveSettings } from './fairness/reserves.js';
import type { Claimant } from './jobs/demand.js';
import type { Job, QueueEntry, SchedulerEvent, TurningAway, WaitingView, WaitReason } from './jobs/job.js';
import type { KeyRoom } from './jobs/key-account.js';
import type { JobLine } from './line/job-line.js';
import { WaitingLine } from './line/waiting-line.js';
import { Occupancy } from './occupancy.js';
import { QueueRoom } from './queue-room.js';
import type { SchedulerLimits, SchedulerOptions } from './scheduler-options.js';
import { Starter } from './starter.js';
import { WaitingLimits } from './waiting-limits.js';

export type { SchedulerLimits, SchedulerOptions } from './scheduler-options.js';

/**
 * The request queue and the processing queue. At most `maxConcurrency` places are taken by running jobs; the others wait, first
 * come, first served, or as {@link FairLine} has it. A slot that becomes free goes to the first waiting job in the same call, so
 * that no new job can take it first. If that one needs several, they are kept for it until they are enough.
 *
 * The scheduler knows neither HTTP nor engines: its owner starts a job when it is told to. Every operation on a job costs
 * at most O(log n) in the number of waiting jobs.
 */
export class Scheduler<J extends Job> {
  readonly #clock: Clock;
  /** Whether more can be admitted. */
  readonly room: QueueRoom;
  readonly #line: JobLine<J>;
  readonly #fairLine: FairLine<J> | null;
  readonly #estimates: StartEstimates<J>;
  readonly #waits: WaitingLimits<J>;
  readonly #events = new Emitter<SchedulerEvent<J>>();
  readonly #occupancy: Occupancy<J>;
  readonly #starter: Starter<J>;
  readonly #departures: Departures<J>;

  /** @param former one that is no longer used: what it has measured, and what it knows of keys, is taken over */
  constructor(options: SchedulerOptions, clock: Clock, former: Scheduler<J> | null = null) {
    const { maxConcurrency, maxQueue, queueTimeoutMs, maxQueuedTokens = null, ttftTargetMs = null, fair } = options;
    this.#clock = clock;
    const [formerLine, formerEstimates] = former === null ? [null, null] : [former.#fairLine, former.#estimates];
    this.#fairLine = fair === undefined ? null : new FairLine(fair, maxConcurrency, clock, formerLine);
    this.#line = this.#fairLine ?? new WaitingLine<J>();
    const { reserves = null } = this.#fairLine?.keys ?? {};
    this.#occupancy = new Occupancy({ maxConcurrency, maxQueue, maxQueuedTokens }, this.#line, reserves);
    const startsByMs = (job: J): number | null => this.#starter.startsByMs(job);
    this.#estimates = new StartEstimates(fair?.policy === 'fair', clock, startsByMs, formerEstimates);
    const retryAfterSeconds = (): number => this.retryAfterSeconds();
    const roomOf = (payer: string): KeyRoom | null => this.#fairLine?.keys.roomOf(payer) ?? null;
    this.room = new QueueRoom(this.#occupancy, roomOf, retryAfterSeconds);
    const shared = {
      ...{ line: this.#line, fairLine: this.#fairLine, occupancy: this.#occupancy, estimates: this.#estimates },
      onLeaving: (job: J) => {
        this.#waits.unwatch(job);
      },
      events: this.#events,
    };
    this.#starter = new Starter({ ...shared, preemptAfterMs: fair?.preemptAfterMs ?? null }, clock);
    this.#departures = new Departures(shared, clock);
    const onMoved = (): void => {
      this.#starter.fill();
      this.#moved();
    };
    const waiting = { departures: this.#departures, queueTimeoutMs, ttftTargetMs, retryAfterSeconds, onMoved };
    this.#waits = new WaitingLimits({ ...shared, ...waiting }, clock);
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

  /** When the job was admitted that has waited for longest without having started, in milliseconds; null if none waits. */
  get oldestAdmittedMs(): number | null {
    return this.#line.oldest?.admittedMs ?? null;
  }

  /** Jobs that have given up their places and wait to go on. They count as waiting. */
  get paused(): readonly J[] {
    return [...(this.#fairLine?.paused ?? [])];
  }

  /** Whether so many jobs with this demand would start at once because places are held back for them. */
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
    const stage = waitedMs > 0 ? 'waiting' : 'arrival';
    if (this.#waits.turnAwayPast(job, stage)) return;
    this.#starter.fill();
    this.#waits.watchOldest();
    this.#waits.watch(job, stage);
  }

  /** Takes a job that was started elsewhere, without an event. @param former the job there, if known: what it has got counts */
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

  /** Says how many places are in order. While they are fewer than the limit, no more jobs run; the limit stays as it is set. */
  confine(placesInOrder: number): void {
    this.#occupancy.placesInOrder = placesInOrder;
    this.resize({});
  }

  /** While it is held, no job starts; jobs are admitted, and what runs or is paused goes on. Not from within an event. */
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

  /** What a waiting job needs: that its key ends another, or that a place becomes free that is not held back for others. */
  waitsFor({ demand }: J): WaitReason {
    if (this.#fairLine?.keys.account(demand.payer ?? demand.key)?.isAtItsLimit === true) return 'key';
    return this.#occupancy.freePlaces > 0 && this.#occupancy.heldPlaces > 0 ? 'reserve' : 'slot';
  }

  /** The class in which a waiting job competes now, to which it may have risen: 0 for the highest, and without classes. */
  rankOf(job: J): number {
    return this.#fairLine?.rankOf(job) ?? 0;
  }

  /** The state of each key, with the service that it has had; null where keys make no difference. */
  get keys(): Pick<KeyedJobs<J>, 'services' | 'restoreServices'> | null {
    return this.#fairLine?.keys ?? null;
  }

  /** The engine has found that many prompt tokens of a running job in its cache, which its key need not pay for. */
  countCached(job: J, tokens: number): void {
    this.#fairLine?.cached(job, tokens);
  }

  /** A running job has got an output token. */
  countOutput(job: J): void {
    this.#fairLine?.produced(job);
    this.#estimates.produced(job);
  }

  /** Stops admitting jobs and turns away those that have not started. Resolves when the last of the others has ended. */
  drain(): Promise<void> {
    const drained = this.#departures.drain(() => notStartedError(this.retryAfterSeconds()));
    this.#waits.watchOldest();
    return drained;
  }

  /** Empties the request queue; running jobs go on. */
  turnAwayWaiting(error: () => ChatstreamError): void {
    this.#departures.turnAllAway(error, { arePausedToo: true });
    this.#waits.watchOldest();
    this.#departures.settle();
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

  #moved(): void {
    if (this.#line.size > 0) this.#events.emit({ type: 'moved' });
  }
}
