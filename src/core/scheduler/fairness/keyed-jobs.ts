import type { Clock } from '../../base/clock.js';
import { isMember } from '../../base/payer.js';
import { Accounts } from '../jobs/accounts.js';
import type { Claimant } from '../jobs/demand.js';
import type { Job } from '../jobs/job.js';
import { type KeyAccount, type KeyRoom, Ticket } from '../jobs/key-account.js';
import { rankOf } from '../jobs/traffic-class.js';
import { WaitingLine } from '../line/waiting-line.js';
import { Competition } from './competition.js';
import type { FairOptions, QueuePolicy } from './fair-options.js';
import { PausedJobs } from './paused-jobs.js';
import { checkReserves, Reserves, type ReserveSettings } from './reserves.js';

/** The service that each key has received in each class, in weighted tokens divided by its share. */
export type Services = Readonly<Record<string, readonly number[]>>;

/** The positions of waiting jobs, which follow from what waits and runs. */
interface OrderOfStarts<J> {
  /** It may have changed. */
  forget(): void;
  /** A job has begun to wait. */
  entered(ticket: Ticket<J>): void;
  /** A job is about to leave its lane. */
  leaving(ticket: Ticket<J>): void;
  /** The jobs of a key, or those of all, have changed in another way. */
  spoil(account: KeyAccount<J> | null): void;
  /** A key runs more or less, or has been charged. */
  changed(account: KeyAccount<J>): void;
}

/**
 * Which jobs of each key wait, and which run. All changes of that are made here, so that the lanes of keys, what competes in
 * them, the places that are held back and the order of arrival always agree. Whose turn it is, and what keys pay, is for others
 * to say.
 */
export class KeyedJobs<J extends Job> {
  readonly competition: Competition<J>;
  readonly reserves = new Reserves<J>();
  readonly paused = new PausedJobs<J>(this.reserves);
  /** Those that wait and have not run. */
  readonly arrivals = new WaitingLine<J>();
  readonly #policy: QueuePolicy;
  readonly #accounts: Accounts<J>;
  /** Keys with waiting jobs. */
  readonly #waiting = new Set<KeyAccount<J>>();
  /** Those of them with a limit of running jobs. */
  readonly #limited = new Set<KeyAccount<J>>();
  readonly #running = new Set<Ticket<J>>();
  readonly #positions: OrderOfStarts<J>;
  #arrived = 0;

  /**
   * @param positions told of all changes
   * @throws ChatstreamError `usage` if no place would remain for others
   */
  constructor(
    { policy, classPatienceMs, ...reserves }: FairOptions,
    maxConcurrency: number,
    clock: Clock,
    positions: OrderOfStarts<J>,
  ) {
    checkReserves(reserves, policy, maxConcurrency);
    this.#policy = policy;
    this.#positions = positions;
    this.#accounts = new Accounts(reserves.terms);
    this.reserves.configure(reserves, this.#accounts, this.#running);
    this.competition = new Competition({ isFifo: this.isFifo, classPatienceMs }, clock);
  }

  get isFifo(): boolean {
    return this.#policy === 'fifo';
  }

  get size(): number {
    return this.arrivals.size + this.paused.size;
  }

  /** Those that waiting jobs need. */
  get places(): number {
    return this.arrivals.places + this.paused.size;
  }

  /** Keys with waiting jobs. */
  get waiting(): ReadonlySet<KeyAccount<J>> {
    return this.#waiting;
  }

  /** Whether a key with waiting jobs has a limit of running ones. */
  get hasLimits(): boolean {
    return this.#limited.size > 0;
  }

  /** In the order in which they began. */
  get running(): ReadonlySet<Ticket<J>> {
    return this.#running;
  }

  /** Changes the terms of keys at once. @throws ChatstreamError `usage` if no place would remain for others */
  configure(settings: ReserveSettings, maxConcurrency: number): void {
    checkReserves(settings, this.#policy, maxConcurrency);
    this.#positions.forget();
    this.#positions.spoil(null);
    this.#accounts.configure(settings.terms);
    this.reserves.configure(settings, this.#accounts, this.#running);
    for (const account of this.#accounts.all) this.#refresh(account);
  }

  /**
   * How many of the reserved places the next jobs with this demand may take: 0 behind one that waits, and for a key at
   * its limit.
   */
  spareFor({ key, payer = key, trafficClass }: Claimant): number {
    if (this.reserves.total === 0) return 0;
    const account = this.#accounts.of(payer);
    const rank = rankOf(trafficClass);
    // What waits there needs more places than are held, or its key may not have them.
    if (account.lanes[this.isFifo ? 0 : rank]?.head !== null) return 0;
    return Math.min(this.reserves.spareFor(account, rank), account.room.mayStart);
  }

  /** The state of a payer; undefined if it has never had a job. */
  account(payer: string): Pick<KeyAccount<J>, 'running' | 'waiting' | 'isAtItsLimit'> | undefined {
    return this.#accounts.find(payer);
  }

  /** How many more jobs of a payer may start and wait. */
  roomOf(payer: string): KeyRoom {
    return this.#accounts.of(payer).room;
  }

  /** Of keys; addresses and users come and go. */
  get services(): Services {
    const accounts = [...this.#accounts.all].filter(({ name }) => !isMember(name));
    return Object.fromEntries(accounts.map(({ name, turns }) => [name, turns.map(({ service }) => service)]));
  }

  /** Services that were read from {@link services} elsewhere. */
  restoreServices(services: Services): void {
    for (const [name, ofClasses] of Object.entries(services)) {
      const account = this.#accounts.of(name);
      ofClasses.forEach((service, rank) => {
        account.lift(rank, service);
      });
      this.#refresh(account);
    }
    this.#positions.forget();
  }

  /** What keys have been served, and how long their answers are, where they were before. */
  takeOver(former: KeyedJobs<J>): void {
    for (const { name, lengths, turns } of former.#accounts.all) {
      const account = this.#accounts.of(name);
      account.lengths = lengths;
      for (const { rank, service } of turns) account.lift(rank, service);
      this.#refresh(account);
    }
    this.#positions.forget();
  }

  /** A job begins to wait. */
  enter(job: J): void {
    const ticket = this.#newTicket(job);
    const { lane } = ticket;
    this.arrivals.enter(job);
    this.#waits(ticket);
    lane.append(ticket);
    this.#positions.entered(ticket);
    if (lane.head === ticket) this.#refresh(lane.account);
    this.#positions.forget();
  }

  /** A job that has not waited here runs. */
  adopt(job: J): Ticket<J> {
    const ticket = this.#newTicket(job);
    this.#begin(ticket);
    this.#refresh(ticket.lane.account);
    this.#positions.forget();
    return ticket;
  }

  /** A waiting job begins to run. */
  start(ticket: Ticket<J>): void {
    this.#begin(ticket);
    this.remove(ticket);
  }

  /** A job no longer runs. */
  stop(ticket: Ticket<J>): void {
    const { lane } = ticket;
    lane.account.running -= ticket.places;
    this.reserves.ended(ticket);
    this.#running.delete(ticket);
    this.#refresh(lane.account);
    this.#positions.forget();
  }

  /** A job that has run waits again. It came before all others of its lane, because these start in order of arrival. */
  putBack(ticket: Ticket<J>): void {
    const { lane } = ticket;
    this.paused.add(ticket);
    this.#waits(ticket);
    lane.prepend(ticket);
    this.#positions.spoil(lane.account);
    this.#refresh(lane.account);
    this.#positions.forget();
  }

  /** A job no longer waits. */
  remove(ticket: Ticket<J>): void {
    const { lane, job } = ticket;
    const { account } = lane;
    const isFirst = lane.head === ticket;
    if (!this.paused.delete(job)) this.arrivals.leave(job);
    this.#positions.leaving(ticket);
    lane.remove(ticket);
    account.waiting -= ticket.places;
    if (account.waiting === 0) this.#waiting.delete(account);
    // The others of a lane do not compete.
    if (isFirst) this.#refresh(account);
    this.rest(ticket);
    this.#positions.forget();
  }

  /** Has to be called when a job has left. */
  rest({ lane }: Ticket<J>): void {
    this.#accounts.rest(lane.account);
  }

  /** Must be called when a key has been charged for a job. */
  charged({ lane: { account }, rank }: Ticket<J>): void {
    this.competition.charged(account, rank);
    this.#positions.changed(account);
    this.reserves.charged(account, rank);
  }

  #newTicket(job: J): Ticket<J> {
    const account = this.#accounts.of(job.demand.payer ?? job.demand.key);
    this.#accounts.wake(account);
    const lane = account.lanes[this.isFifo ? 0 : rankOf(job.demand.trafficClass)];
    if (lane === undefined) throw new Error(`There is no class ${job.demand.trafficClass}.`);
    const ticket = new Ticket(job, lane, this.#arrived, job.admittedMs, job.places);
    this.#arrived += 1;
    job.ticket = ticket;
    return ticket;
  }

  #waits({ lane: { account }, places }: Ticket<J>): void {
    account.waiting += places;
    this.#waiting.add(account);
  }

  #begin(ticket: Ticket<J>): void {
    this.reserves.started(ticket);
    this.#running.add(ticket);
    ticket.lane.account.running += ticket.places;
  }

  /** Called, among others, when a key begins to have waiting jobs, and when it has none any more. */
  #refresh(account: KeyAccount<J>): void {
    if (account.waiting > 0 && account.terms.maxRunning !== null) this.#limited.add(account);
    else this.#limited.delete(account);
    this.competition.refresh(account);
    this.reserves.refresh(account);
    this.#positions.changed(account);
  }
}
