import type { Clock } from '../base/clock.js';
import { Accounts } from './accounts.js';
import { Competition } from './competition.js';
import type { Claimant } from './demand.js';
import type { FairOptions } from './fair-options.js';
import type { Job } from './job.js';
import type { JobLine } from './job-line.js';
import { type KeyAccount, type KeyRoom, Ticket } from './key-account.js';
import { PausedJobs, type Preempted } from './paused-jobs.js';
import { isAddress } from './payer.js';
import { checkReserves, Reserves, type ReserveSettings } from './reserves.js';
import { ServiceCharges } from './service-charges.js';
import { startOrder } from './start-order.js';
import { type Place, StartPositions } from './start-positions.js';
import { rankOf } from './traffic-class.js';
import { WaitingLine } from './waiting-line.js';

export { type FairOptions, queuePolicies, type QueuePolicy } from './fair-options.js';

/** The service that each key has had in each class, in weighted tokens divided by its share. */
export type Services = Readonly<Record<string, readonly number[]>>;

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
 * nightly  batch        n1 n2 n4 n5 n6 n8   40  ───▶  batch: nightly             (a minute later, n1 rises)
 * ```
 *
 * A key that comes back, or comes to a class anew, is lifted to the least service of those that compete in it. What a key
 * pays: see {@link ServiceCharges}.
 *
 * Every operation is O(log n + log k) for n jobs and k keys, except for positions: see {@link StartPositions}.
 */
export class FairLine<J extends Job> implements JobLine<J> {
  readonly #clock: Clock;
  readonly #isFifo: boolean;
  readonly #accounts: Accounts<J>;
  /** Those with waiting jobs. */
  readonly #waiting = new Set<KeyAccount<J>>();
  readonly #arrivals = new WaitingLine<J>();
  readonly #competition: Competition<J>;
  readonly reserves = new Reserves<J>();
  readonly #paused = new PausedJobs<J>(this.reserves);
  readonly #running = new Set<Ticket<J>>();
  readonly #charges = new ServiceCharges<J>();
  readonly #positions = new StartPositions(() => startOrder(this.#state()));
  #arrived = 0;

  /** @throws ChatstreamError `usage` if no place would remain for others */
  constructor({ policy, classPatienceMs, ...reserves }: FairOptions, maxConcurrency: number, clock: Clock) {
    checkReserves(reserves, policy, maxConcurrency);
    this.#clock = clock;
    this.#isFifo = policy === 'fifo';
    this.#accounts = new Accounts(reserves.terms);
    this.reserves.configure(reserves, this.#accounts, this.#running);
    this.#competition = new Competition({ isFifo: this.#isFifo, classPatienceMs }, clock);
  }

  get size(): number {
    return this.#arrivals.size + this.#paused.size;
  }

  get places(): number {
    return this.#arrivals.places + this.#paused.size;
  }

  get first(): J | undefined {
    this.#rise();
    return this.#competition.first?.ticket?.job;
  }

  /** Paused ones do not count. */
  get oldest(): J | undefined {
    return this.#arrivals.oldest;
  }

  /** Jobs that have run and wait to go on, in the order in which they were paused. */
  get paused(): Iterable<J> {
    return this.#paused.all;
  }

  /** Changes the terms of keys at once. @throws ChatstreamError `usage` if no place would remain for others */
  configure(settings: ReserveSettings, maxConcurrency: number): void {
    checkReserves(settings, this.#isFifo ? 'fifo' : 'fair', maxConcurrency);
    this.#changed();
    this.#accounts.configure(settings.terms);
    this.reserves.configure(settings, this.#accounts, this.#running);
    for (const account of this.#accounts.all) this.#refresh(account);
  }

  /** How many of the held places the next jobs with this demand may take. */
  spareFor({ key, payer = key, trafficClass }: Claimant): number {
    if (this.reserves.total === 0) return 0;
    return this.reserves.spareFor(this.#accounts.of(payer), rankOf(trafficClass));
  }

  /** The state of a payer; undefined if it has never had a job. */
  account(payer: string): Pick<KeyAccount<J>, 'running' | 'waiting' | 'isAtItsLimit'> | undefined {
    return this.#accounts.find(payer);
  }

  /** How many more jobs of a payer may start and wait. */
  roomOf(payer: string): KeyRoom {
    return this.#accounts.of(payer).room;
  }

  /** The class in which a waiting job competes now: 0 for the one that goes first. */
  rankOf({ ticket }: J): number {
    return ticket === null ? 0 : this.#competition.rankAt(ticket, this.#clock.now());
  }

  enter(job: J): void {
    const ticket = this.#newTicket(job);
    const { lane } = ticket;
    const { account } = lane;
    this.#arrivals.enter(job);
    account.waiting += ticket.places;
    this.#waiting.add(account);
    lane.append(ticket);
    if (lane.head === ticket) this.#refresh(account);
    this.#changed();
  }

  /** A job that was started elsewhere, where its key has paid for it. */
  adopt(job: J): void {
    const ticket = this.#newTicket(job);
    this.#charges.adopted(ticket);
    this.#begin(ticket);
    this.#refresh(ticket.lane.account);
    this.#changed();
  }

  /** Of keys; addresses come and go. */
  get services(): Services {
    const accounts = [...this.#accounts.all].filter(({ name }) => !isAddress(name));
    return Object.fromEntries(accounts.map(({ name, turns }) => [name, turns.map(({ service }) => service)]));
  }

  restoreServices(services: Services): void {
    for (const [name, ofClasses] of Object.entries(services)) {
      const account = this.#accounts.of(name);
      ofClasses.forEach((service, rank) => {
        account.lift(rank, service);
      });
      this.#refresh(account);
    }
    this.#changed();
  }

  next(free: number, all: number): J | undefined {
    this.#rise();
    const { held, total } = this.reserves;
    const turn = this.#competition.first;
    const ticket = turn?.ticket ?? null;
    if (turn !== undefined && ticket !== null && Math.min(ticket.places, all - total) <= free - held && free > held)
      return this.#take(ticket, turn.rank);
    const reserved = this.reserves.first();
    return reserved === undefined ? undefined : this.#take(reserved, reserved.lane.rank);
  }

  /** Takes a paused job that may go on, while no other may start. @param places how many are free, 1 or more */
  nextPaused(places: number): J | undefined {
    const ticket = this.#paused.next(places);
    return ticket === undefined ? undefined : this.#take(ticket, ticket.lane.rank);
  }

  /**
   * Since when the job waits that is first in line, if it is interactive, needs one place and would get that of a job that is paused.
   *
   * @param places how many are free
   */
  interactiveSinceMs(places: number): number | null {
    if (places < this.reserves.held) return null;
    this.#rise();
    const first = this.#competition.first?.ticket ?? null;
    return first?.lane.rank === rankOf('interactive') && first.places === 1 ? first.enteredMs : null;
  }

  /**
   * Since when a waiting job counts as having waited until a `batch` job gives up its place to it: all that start before it do so
   * in the same way.
   *
   * @param places how many are free
   * @returns null if it does not start in this way, for all that is known now
   */
  pausedForSinceMs({ ticket }: J, places: number): number | null {
    if (ticket?.isWaiting !== true || ticket.lane.rank !== rankOf('interactive')) return null;
    if (places < this.reserves.held) return null;
    const most = this.#paused.candidates(this.#running);
    if (most === 0) return null;
    this.#rise();
    const { account } = ticket.lane;
    const { position, allSinceMs } = this.#positions.placeOf(ticket, most) ?? {
      position: Infinity,
      allSinceMs: Infinity,
    };
    // Those before it may be of the same key.
    const mayStart = position <= Math.min(most, account.room.mayStart);
    return mayStart && Number.isFinite(allSinceMs) ? allSinceMs : null;
  }

  /**
   * Gives the place of a `batch` job to the interactive job of {@link interactiveSinceMs}. The one that is paused goes back
   * to the head of its lane.
   *
   * @returns null if no job can be paused
   */
  preempt(): Preempted<J> | null {
    const turn = this.#competition.first;
    const ticket = turn?.ticket ?? null;
    const paused = this.#paused.candidate(this.#running);
    if (turn === undefined || ticket === null || paused === undefined) return null;
    this.#stop(paused);
    const started = this.#take(ticket, turn.rank);
    this.#putBack(paused);
    return { paused: paused.job, started };
  }

  leave(job: J): void {
    const { ticket } = job;
    if (ticket?.isWaiting !== true) return;
    this.#remove(ticket);
    job.ticket = null;
  }

  /** The engine has found that many prompt tokens of a running job in its cache. */
  cached(job: J, tokens: number): void {
    const { ticket } = job;
    if (ticket === null || tokens === 0) return;
    this.#charges.cached(ticket, tokens);
    this.#charged(ticket);
    this.#changed();
  }

  /** A running job has got an output token. The positions of waiting jobs follow at the next change of the line. */
  produced(job: J): void {
    const { ticket } = job;
    if (ticket !== null && !this.#charges.produced(ticket)) this.#charged(ticket);
  }

  /** A running job has ended. */
  ended(job: J): void {
    const { ticket } = job;
    if (ticket === null) return;
    job.ticket = null;
    this.#stop(ticket);
    this.#charges.completed(ticket);
    this.#accounts.rest(ticket.lane.account);
  }

  /** See {@link StartPositions}. */
  position(job: J): number {
    return this.#placeOf(job)?.position ?? 0;
  }

  workAhead(job: J): number {
    return this.#placeOf(job)?.workAhead ?? 0;
  }

  weighAll(workOf: (job: J) => number): void {
    this.#arrivals.weighAll(workOf);
    for (const job of this.#paused.all) job.work = workOf(job);
    this.#changed();
  }

  isLate({ ticket }: J, isLate: (position: number, workAhead: number) => boolean): boolean {
    if (ticket === null) return false;
    this.#rise();
    return this.#positions.isLate(ticket, isLate);
  }

  *[Symbol.iterator](): Generator<J> {
    this.#rise();
    for (const ticket of startOrder(this.#state())) yield ticket.job;
  }

  #newTicket(job: J): Ticket<J> {
    const account = this.#accounts.of(job.demand.payer ?? job.demand.key);
    this.#accounts.wake(account);
    const lane = account.lanes[this.#isFifo ? 0 : rankOf(job.demand.trafficClass)];
    if (lane === undefined) throw new Error(`There is no class ${job.demand.trafficClass}.`);
    const ticket = new Ticket(job, lane, this.#arrived, job.admittedMs, job.places);
    this.#arrived += 1;
    job.ticket = ticket;
    return ticket;
  }

  #placeOf({ ticket }: J): Place | null {
    if (ticket?.isWaiting !== true) return null;
    this.#rise();
    return this.#positions.placeOf(ticket);
  }

  /** Lets a waiting job run. @param rank the class in which it has competed */
  #take(ticket: Ticket<J>, rank: number): J {
    this.#charges.started(ticket, rank);
    this.#begin(ticket);
    this.#remove(ticket);
    return ticket.job;
  }

  #begin(ticket: Ticket<J>): void {
    this.reserves.started(ticket);
    this.#running.add(ticket);
    ticket.lane.account.running += ticket.places;
  }

  /** A job no longer runs. */
  #stop(ticket: Ticket<J>): void {
    const { lane } = ticket;
    this.#charges.stopped(ticket);
    lane.account.running -= ticket.places;
    this.reserves.ended(ticket);
    this.#running.delete(ticket);
    this.#refresh(lane.account);
    this.#changed();
  }

  /** It has come before all others of its lane, because these start in the order of their arrival. */
  #putBack(ticket: Ticket<J>): void {
    const { lane } = ticket;
    const { account } = lane;
    this.#paused.add(ticket);
    account.waiting += ticket.places;
    this.#waiting.add(account);
    lane.prepend(ticket);
    this.#refresh(account);
    this.#changed();
  }

  #state(): Parameters<typeof startOrder<J>>[0] {
    const nowMs = this.#clock.now();
    return {
      accounts: this.#waiting,
      running: this.#running,
      isFifo: this.#isFifo,
      rankOf: (ticket) => this.#competition.rankAt(ticket, nowMs),
      serviceOf: (ticket) => this.#charges.serviceOf(ticket),
      lastServed: this.#competition.lastServed,
    };
  }

  #rise(): void {
    if (this.#competition.riseDue()) this.#changed();
  }

  #changed(): void {
    this.#positions.forget();
  }

  #charged({ lane: { account }, rank }: Ticket<J>): void {
    this.#competition.charged(account, rank);
    this.reserves.charged(account, rank);
  }

  #refresh(account: KeyAccount<J>): void {
    this.#competition.refresh(account);
    this.reserves.refresh(account);
  }

  /** Takes a waiting job out of its lane. */
  #remove(ticket: Ticket<J>): void {
    const { lane, job } = ticket;
    const { account } = lane;
    const isFirst = lane.head === ticket;
    if (!this.#paused.delete(job)) this.#arrivals.leave(job);
    lane.remove(ticket);
    account.waiting -= ticket.places;
    if (account.waiting === 0) this.#waiting.delete(account);
    // The others of a lane do not compete.
    if (isFirst) this.#refresh(account);
    this.#accounts.rest(account);
    this.#changed();
  }
}
