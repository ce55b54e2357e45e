import type { Clock } from '../base/clock.js';
import { isLateInReserve } from './fairness/claim-order.js';
import type { FairOptions } from './fairness/fair-options.js';
import { KeyedJobs } from './fairness/keyed-jobs.js';
import type { Preempted } from './fairness/paused-jobs.js';
import { ServiceCharges } from './fairness/service-charges.js';
import type { Job } from './jobs/job.js';
import type { KeyAccount, Ticket } from './jobs/key-account.js';
import { rankOf } from './jobs/traffic-class.js';
import type { JobLine } from './line/job-line.js';
import { Moment } from './positions/moment.js';
import { startOrder } from './positions/start-order.js';
import { StartPositions } from './positions/start-positions.js';
import { type StartRank, StartRanks } from './positions/start-ranks.js';
import { checkPreemption } from './preemption.js';

export { type FairOptions, queuePolicies, type QueuePolicy } from './fairness/fair-options.js';

/**
 * The waiting jobs of several keys. With the policy `fair`, the next job is that of the key with the least service, as in
 * "Fairness in Serving Large Language Models" (Sheng et al., OSDI 2024); a higher class goes first. With `fifo`, it is the
 * first to have come. Either way, jobs of one key and class start in the order of their arrival, and a key that runs as
 * many as it may is passed over.
 *
 * ```text
 * key      lanes, one per class           service          heaps, one per class
 * anna     interactive  a3                 120  ─┐
 * ben      interactive  b7 b9               95  ─┴─▶  interactive: ben, anna  ─▶ b7 starts next
 * nightly  batch        n1 n2 n4 n5 n6 n8   40  ───▶  batch: nightly             (after a while, n1 rises)
 * ```
 *
 * A key that comes back, or comes to a class anew, is lifted to the least service of those that compete in it. What a key
 * pays: see {@link ServiceCharges}.
 *
 * Every operation is O(log n + log k) for n jobs and k keys, except for positions: see {@link StartPositions}.
 */
export class FairLine<J extends Job> implements JobLine<J> {
  /** The state of each key. */
  readonly keys: KeyedJobs<J>;
  readonly #clock: Clock;
  readonly #charges: ServiceCharges<J>;
  readonly #pace = {
    running: (): number => [...this.keys.running].reduce((sum, { places }) => sum + places, 0),
    serviceOf: (ticket: Ticket<J>): number => this.#charges.serviceOf(ticket),
  };
  readonly #moment: Moment<J>;
  readonly #ranks: StartRanks<J>;
  readonly #positions: StartPositions<J>;

  /**
   * @param former a line that is no longer used: what it knows about keys is taken over
   * @throws ChatstreamError `usage` if no place would remain for others, or jobs were to be paused without classes
   */
  constructor(options: FairOptions, maxConcurrency: number, clock: Clock, former: FairLine<J> | null = null) {
    checkPreemption(options);
    this.#clock = clock;
    this.#charges = former === null ? new ServiceCharges() : former.#charges;
    const positions = {
      forget: () => {
        this.#positions.forget();
      },
      entered: (ticket: Ticket<J>) => {
        this.#ranks.entered(ticket, clock.now());
      },
      leaving: (ticket: Ticket<J>) => {
        this.#ranks.leaving(ticket);
      },
      spoil: (account: KeyAccount<J> | null) => {
        this.#ranks.spoil(account);
      },
      changed: (account: KeyAccount<J>) => {
        this.#ranks.changed(account);
      },
    };
    this.keys = new KeyedJobs(options, maxConcurrency, clock, positions);
    this.#moment = new Moment(this.keys.competition, clock);
    this.#ranks = new StartRanks(this.keys, this.#charges, this.#moment);
    const begin = (): Iterator<Ticket<J>> => startOrder(this.#state());
    this.#positions = new StartPositions({ ranks: this.#ranks, begin, moment: this.#moment });
    if (former !== null) this.keys.takeOver(former.keys);
  }

  get size(): number {
    return this.keys.size;
  }

  get places(): number {
    return this.keys.places;
  }

  get first(): J | undefined {
    this.#rise();
    return this.keys.competition.first?.ticket?.job;
  }

  /** The job that has waited longest; paused jobs do not count. */
  get oldest(): J | undefined {
    return this.keys.arrivals.oldest;
  }

  /** Jobs that have run and wait to continue, in the order in which they were paused. */
  get paused(): Iterable<J> {
    return this.keys.paused.all;
  }

  /** The class in which a waiting job competes now: 0 for the one that goes first. */
  rankOf({ ticket }: J): number {
    return ticket === null ? 0 : this.keys.competition.rankAt(ticket, this.#clock.now());
  }

  enter(job: J): void {
    this.keys.enter(job);
  }

  /** Takes over a job that was started elsewhere, where its key has paid for it. @param former the job there, if that is known */
  adopt(job: J, former: J | null): void {
    this.#charges.adopted(this.keys.adopt(job), former?.ticket ?? null);
  }

  next(free: number, all: number): J | undefined {
    this.#rise();
    const { competition, reserves } = this.keys;
    const turn = competition.first;
    const ticket = turn?.ticket ?? null;
    const forAll = free - reserves.heldOf(all);
    if (turn !== undefined && ticket !== null && Math.min(ticket.places, reserves.forAllOf(all)) <= forAll) {
      return this.#take(ticket, turn.rank);
    }
    const reserved = reserves.first();
    return reserved === undefined ? undefined : this.#take(reserved, reserved.lane.rank);
  }

  /**
   * Takes a paused job that may continue, while no other may start.
   *
   * @param free places, 1 or more
   * @param all places, free or not
   */
  nextPaused(free: number, all: number): J | undefined {
    const ticket = this.keys.paused.next(free, all);
    return ticket === undefined ? undefined : this.#take(ticket, ticket.lane.rank);
  }

  /**
   * When the first job in line began to wait, if a `batch` job may be paused for it: it has to be interactive and to need one place.
   *
   * @param free places
   * @param all places, free or not
   * @returns milliseconds of the clock; null if no job may be paused for the first in line
   */
  interactiveSinceMs(free: number, all: number): number | null {
    if (free < this.keys.reserves.heldOf(all)) return null;
    this.#rise();
    const first = this.keys.competition.first?.ticket ?? null;
    return first?.lane.rank === rankOf('interactive') && first.places === 1 ? first.enteredMs : null;
  }

  /**
   * When the wait of a job begins that ends with a pause: a `batch` job gives up its place to it, as others do to all jobs that start
   * before it.
   *
   * @param free places
   * @param all places, free or not
   * @returns milliseconds of the clock; null if, as things are now, the job does not start in this way
   */
  pausedForSinceMs({ ticket }: J, free: number, all: number): number | null {
    if (ticket?.isWaiting !== true || ticket.lane.rank !== rankOf('interactive')) return null;
    if (free < this.keys.reserves.heldOf(all)) return null;
    const most = this.keys.paused.candidates(this.keys.running);
    if (most === 0) return null;
    this.#rise();
    const { account } = ticket.lane;
    // Those before it may be of the same key.
    return this.#positions.allSinceMs(ticket, Math.min(most, account.room.mayStart));
  }

  /**
   * Gives the place of a `batch` job to the interactive job of {@link interactiveSinceMs}. The one that is paused goes back
   * to the head of its lane.
   *
   * @returns null if no job can be paused
   */
  preempt(): Preempted<J> | null {
    const turn = this.keys.competition.first;
    const ticket = turn?.ticket ?? null;
    const paused = this.keys.paused.candidate(this.keys.running);
    if (turn === undefined || ticket === null || paused === undefined) return null;
    this.#stop(paused);
    const started = this.#take(ticket, turn.rank);
    this.keys.putBack(paused);
    return { paused: paused.job, started };
  }

  leave(job: J): void {
    const { ticket } = job;
    if (ticket?.isWaiting !== true) return;
    this.keys.remove(ticket);
    job.ticket = null;
  }

  /** The engine has found that many prompt tokens of a running job in its cache. */
  cached(job: J, tokens: number): void {
    const { ticket } = job;
    if (ticket === null || tokens === 0) return;
    this.#charges.cached(ticket, tokens);
    this.keys.charged(ticket);
    this.#positions.forget();
  }

  /** A running job has got an output token. The positions of waiting jobs follow at the next change of the line. */
  produced(job: J): void {
    const { ticket } = job;
    if (ticket === null) return;
    this.#moment.keep(ticket.lane.account, ticket.rank);
    if (!this.#charges.produced(ticket)) this.keys.charged(ticket);
  }

  /** A running job has ended. */
  ended(job: J): void {
    const { ticket } = job;
    if (ticket === null) return;
    job.ticket = null;
    this.#stop(ticket);
    this.#charges.completed(ticket);
    this.keys.rest(ticket);
  }

  /** See {@link StartPositions}. */
  position(job: J): number {
    return this.#rankIn(job)?.position ?? 0;
  }

  workAhead(job: J): number {
    return this.#rankIn(job)?.workAhead ?? 0;
  }

  weighAll(workOf: (job: J) => number): void {
    this.keys.arrivals.weighAll(workOf);
    for (const job of this.paused) job.work = workOf(job);
    this.#ranks.weighed();
    this.#positions.forget();
  }

  isLate({ ticket }: J, isLate: (position: number, workAhead: number) => boolean): boolean {
    if (ticket === null) return false;
    this.#rise();
    // Most of the jobs before it may not get the places that are reserved for it.
    const claimants = this.keys.reserves.claimantsWith(ticket);
    if (claimants !== null && !isLateInReserve(ticket, claimants, this.#pace, isLate)) return false;
    return this.#positions.isLate(ticket, isLate);
  }

  *[Symbol.iterator](): Generator<J> {
    this.#rise();
    for (const ticket of startOrder(this.#state())) yield ticket.job;
  }

  #rankIn({ ticket }: J): StartRank | null {
    if (ticket?.isWaiting !== true) return null;
    this.#rise();
    return this.#positions.rankOf(ticket);
  }

  /** Lets a waiting job run. @param rank the class in which it has competed */
  #take(ticket: Ticket<J>, rank: number): J {
    this.#charges.started(ticket, rank);
    this.keys.start(ticket);
    return ticket.job;
  }

  /** A job no longer runs. */
  #stop(ticket: Ticket<J>): void {
    this.#charges.stopped(ticket);
    this.keys.stop(ticket);
  }

  #state(): Parameters<typeof startOrder<J>>[0] {
    this.#moment.begin();
    const { nowMs, lastServed } = this.#moment;
    const { competition, waiting, running, isFifo } = this.keys;
    return {
      ...{ accounts: waiting, running, isFifo, lastServed },
      rankOf: (ticket) => competition.rankAt(ticket, nowMs),
      serviceOf: (ticket) => this.#charges.serviceOf(ticket),
      servedIn: (account, rank) => this.#moment.servedIn(account, rank),
    };
  }

  #rise(): void {
    if (this.keys.competition.riseDue()) this.#positions.forget();
  }
}
