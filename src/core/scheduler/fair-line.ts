import type { Clock } from '../base/clock.js';
import { Accounts } from './accounts.js';
import { Competition } from './competition.js';
import type { Claimant } from './demand.js';
import type { FairOptions } from './fair-options.js';
import type { Job } from './job.js';
import type { JobLine } from './job-line.js';
import { type KeyAccount, MeanLength, outputWeight, promptWeight, Ticket } from './key-account.js';
import { isAddress } from './payer.js';
import { Reserves, type ReserveSettings } from './reserves.js';
import { startOrder } from './start-order.js';
import { rankOf } from './traffic-class.js';
import { WaitingLine } from './waiting-line.js';

export { type FairOptions, queuePolicies, type QueuePolicy } from './fair-options.js';

/** The service that each key has had in each class, in weighted tokens divided by its share. */
export type Services = Readonly<Record<string, readonly number[]>>;

/** How long an answer is expected to be before any was complete, in output tokens. */
const firstGuess = 64;

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
 * A key pays when its job starts: for the prompt, and for as many output tokens as its answers had on average. It pays
 * for each further token as it is generated, and gets back what was cached and, at the end, what was too much. Paying only
 * for what has been generated would give all slots that become free at once to one key. A key that comes back, or comes to
 * a class anew, is lifted to the least service of those that compete in it.
 *
 * Every operation is O(log n + log k) for n jobs and k keys, except for positions: see {@link position}.
 */
export class FairLine<J extends Job> implements JobLine<J> {
  readonly #clock: Clock;
  readonly #isFifo: boolean;
  readonly #accounts: Accounts<J>;
  /** Those with waiting jobs. */
  readonly #waiting = new Set<KeyAccount<J>>();
  readonly #arrivals = new WaitingLine<J>();
  readonly #competition: Competition<J>;
  readonly #reserves = new Reserves<J>();
  readonly #running = new Set<Ticket<J>>();
  readonly #lengths = new MeanLength();
  #arrived = 0;
  /** The order as far as it has been asked for since the last change. */
  #order: Iterator<Ticket<J>> | null = null;
  #orderNumber = 0;
  #ordered = 0;
  #orderedWork = 0;

  constructor({ policy, classPatienceMs, ...reserves }: FairOptions, clock: Clock) {
    this.#clock = clock;
    this.#isFifo = policy === 'fifo';
    this.#accounts = new Accounts(reserves.terms);
    this.#reserves.configure(reserves, this.#accounts, this.#running);
    this.#competition = new Competition({ isFifo: this.#isFifo, classPatienceMs }, clock);
  }

  get size(): number {
    return this.#arrivals.size;
  }

  get oldest(): J | undefined {
    return this.#arrivals.oldest;
  }

  /** Changes the terms of keys at once. */
  configure(settings: ReserveSettings): void {
    this.#changed();
    this.#accounts.configure(settings.terms);
    this.#reserves.configure(settings, this.#accounts, this.#running);
    for (const account of this.#accounts.all) this.#refresh(account);
  }

  /** Free places that are held back for some. */
  get heldPlaces(): number {
    return this.#reserves.held;
  }

  /** How many of the held places the next jobs with this demand may take. */
  spareFor({ key, payer = key, trafficClass }: Claimant): number {
    return this.#reserves.spareFor(this.#accounts.of(payer), rankOf(trafficClass));
  }

  /** The state of a payer; undefined if it has never had a job. */
  account(payer: string): Pick<KeyAccount<J>, 'running' | 'waiting' | 'isAtItsLimit'> | undefined {
    return this.#accounts.find(payer);
  }

  /** How many more jobs of a payer may start and wait. */
  roomOf(payer: string): { readonly waiting: number; readonly maxWaiting: number | null; readonly mayStart: number } {
    const { waiting, running, terms } = this.#accounts.of(payer);
    return { waiting, maxWaiting: terms.maxWaiting, mayStart: Math.max(0, (terms.maxRunning ?? Infinity) - running) };
  }

  enter(job: J): void {
    const ticket = this.#newTicket(job);
    const { lane } = ticket;
    const { account } = lane;
    this.#arrivals.enter(job);
    account.waiting += 1;
    this.#waiting.add(account);
    lane.append(ticket);
    if (lane.head === ticket) this.#refresh(account);
    this.#changed();
  }

  /** A job that was started elsewhere, where its key has paid for it. */
  adopt(job: J): void {
    const ticket = this.#newTicket(job);
    ticket.rank = ticket.lane.rank;
    ticket.expectedTokens = this.#expectedTokens(ticket);
    ticket.charged = this.#costOf(ticket);
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

  next(places: number): J | undefined {
    this.#rise();
    const turn = places > this.#reserves.held ? this.#competition.first : undefined;
    const ticket = turn?.ticket ?? this.#reserves.first();
    if (ticket === undefined) return undefined;
    const { account, rank } = ticket.lane;
    ticket.rank = turn?.rank ?? rank;
    ticket.expectedTokens = this.#expectedTokens(ticket);
    ticket.charged = this.#costOf(ticket);
    account.charge(ticket.rank, ticket.charged);
    this.#begin(ticket);
    this.#remove(ticket);
    return ticket.job;
  }

  leave(job: J): void {
    const { ticket } = job;
    if (ticket === null || job.place < 0) return;
    this.#remove(ticket);
    job.ticket = null;
  }

  /** The engine has found that many prompt tokens of a running job in its cache. */
  cached(job: J, tokens: number): void {
    const { ticket } = job;
    if (ticket === null || tokens === 0) return;
    ticket.cachedTokens = tokens;
    this.#charge(ticket, -tokens * promptWeight);
    this.#changed();
  }

  /** A running job has got an output token. The positions of waiting jobs follow at the next change of the line. */
  produced(job: J): void {
    const { ticket } = job;
    if (ticket === null) return;
    ticket.outputTokens += 1;
    if (ticket.outputTokens > ticket.expectedTokens) this.#charge(ticket, outputWeight);
  }

  /** A running job has ended. */
  ended(job: J): void {
    const { ticket } = job;
    if (ticket === null) return;
    job.ticket = null;
    const { account } = ticket.lane;
    const { cachedTokens, outputTokens } = ticket;
    const cost = (job.demand.promptTokens - cachedTokens) * promptWeight + outputTokens * outputWeight;
    account.charge(ticket.rank, cost - ticket.charged);
    account.running -= 1;
    this.#reserves.ended(ticket.lane);
    this.#running.delete(ticket);
    if (outputTokens > 0) {
      account.lengths.add(outputTokens);
      this.#lengths.add(outputTokens);
    }
    this.#refresh(account);
    this.#accounts.rest(account);
    this.#changed();
  }

  /**
   * The position if nothing changed: see {@link startOrder}. The order is computed up to this job and kept until the line
   * changes, so that all n positions together cost O(n log k).
   */
  position(job: J): number {
    const { ticket } = job;
    if (ticket === null || job.place < 0) return 0;
    const order = this.#currentOrder();
    while (ticket.positionAsOf !== this.#orderNumber) {
      if (this.#advance(order) === undefined) return 0;
    }
    return ticket.position;
  }

  /** As for {@link position}. */
  workAhead(job: J): number {
    return this.position(job) === 0 ? 0 : (job.ticket?.workAhead ?? 0);
  }

  weighAll(workOf: (job: J) => number): void {
    this.#arrivals.weighAll(workOf);
    this.#changed();
  }

  isLate({ ticket }: J, isLate: (position: number, workAhead: number) => boolean): boolean {
    if (ticket === null) return false;
    const order = this.#currentOrder();
    while (ticket.positionAsOf !== this.#orderNumber) {
      // Those who come before it are late already.
      if (isLate(this.#ordered + 1, this.#orderedWork) || this.#advance(order) === undefined) return true;
    }
    return isLate(ticket.position, ticket.workAhead);
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
    const ticket = new Ticket(job, lane, this.#arrived, job.admittedMs);
    this.#arrived += 1;
    job.ticket = ticket;
    return ticket;
  }

  #begin(ticket: Ticket<J>): void {
    this.#reserves.started(ticket.lane);
    this.#running.add(ticket);
    ticket.lane.account.running += 1;
  }

  #advance(order: Iterator<Ticket<J>>): Ticket<J> | undefined {
    const step = order.next();
    if (step.done === true) return undefined;
    this.#ordered += 1;
    step.value.position = this.#ordered;
    step.value.workAhead = this.#orderedWork;
    this.#orderedWork += step.value.job.work;
    step.value.positionAsOf = this.#orderNumber;
    return step.value;
  }

  #currentOrder(): Iterator<Ticket<J>> {
    this.#rise();
    if (this.#order !== null) return this.#order;
    this.#orderNumber += 1;
    this.#ordered = 0;
    this.#orderedWork = 0;
    this.#order = startOrder(this.#state());
    return this.#order;
  }

  #state(): Parameters<typeof startOrder<J>>[0] {
    const nowMs = this.#clock.now();
    return {
      accounts: this.#waiting,
      isFifo: this.#isFifo,
      rankOf: (ticket) => this.#competition.rankAt(ticket, nowMs),
      costOf: (ticket) => this.#costOf(ticket),
      lastServed: this.#competition.lastServed,
    };
  }

  #rise(): void {
    if (this.#competition.riseDue()) this.#changed();
  }

  #changed(): void {
    this.#order = null;
  }

  #expectedTokens({ job, lane }: Ticket<J>): number {
    const mean = lane.account.lengths.mean ?? this.#lengths.mean ?? firstGuess;
    return Math.min(job.demand.maxTokens, Math.round(mean));
  }

  #costOf(ticket: Ticket<J>): number {
    return ticket.job.demand.promptTokens * promptWeight + this.#expectedTokens(ticket) * outputWeight;
  }

  #charge(ticket: Ticket<J>, tokens: number): void {
    ticket.charged += tokens;
    const { account } = ticket.lane;
    account.charge(ticket.rank, tokens);
    this.#competition.charged(account, ticket.rank);
    this.#reserves.charged(account, ticket.rank);
  }

  #refresh(account: KeyAccount<J>): void {
    this.#competition.refresh(account);
    this.#reserves.refresh(account);
  }

  /** Takes a waiting job out of its lane. */
  #remove(ticket: Ticket<J>): void {
    const { lane, job } = ticket;
    const { account } = lane;
    const isFirst = lane.head === ticket;
    this.#arrivals.leave(job);
    lane.remove(ticket);
    account.waiting -= 1;
    if (account.waiting === 0) this.#waiting.delete(account);
    // The others of a lane do not compete.
    if (isFirst) this.#refresh(account);
    this.#accounts.rest(account);
    this.#changed();
  }
}
