import type { Competition } from '../fairness/competition.js';
import type { Price } from '../fairness/service-charges.js';
import type { KeyAccount, Ticket } from '../jobs/key-account.js';
import { trafficClasses } from '../jobs/traffic-class.js';
import { CountedJobs } from './counted-jobs.js';
import type { Moment } from './moment.js';

/** What the order of a key's jobs depends on. */
export interface ForecastRules<J> {
  readonly competition: Pick<Competition<J>, 'rankAt' | 'risesMs'>;
  /** What a key pays when a job starts, and the expected length of its answers; see `ServiceCharges`. */
  readonly charges: {
    priceOf(ticket: Ticket<J>): Price;
    answerOf(account: KeyAccount<J>): number;
    usualAnswer: number;
  };
  readonly workOf: (ticket: Ticket<J>) => number;
  readonly moment: Pick<Moment<J>, 'serviceOf'>;
}

/** The waiting jobs of one key in a class, as they are at one moment. */
export interface KeyInClass<J> {
  readonly account: KeyAccount<J>;
  readonly jobs: CountedJobs<J>;
  /** Places of the key when the turn of the first of them comes. */
  readonly running: number;
  /** Of its jobs in higher classes. */
  readonly placesAbove: number;
  readonly workAbove: number;
  /** When the first of its jobs, of any class, rises by a class, on the clock. */
  readonly risesMs: number;
}

/** In which order the waiting jobs of one key start in each class, kept while the key changes. */
export class KeyForecast<J> {
  /** One for each class, in their order. */
  readonly classes: readonly CountedJobs<J>[] = trafficClasses.map(() => new CountedJobs<J>());
  readonly #rules: ForecastRules<J>;
  #isListed = false;
  #isOrderly = true;
  #hasNewWork = false;
  /** When the first of its jobs rises by a class. */
  #risesMs = Infinity;
  /** The length of answers and the share by which its jobs were weighed. */
  #answer = 0;
  #share = 0;

  constructor(
    readonly account: KeyAccount<J>,
    rules: ForecastRules<J>,
  ) {
    this.#rules = rules;
  }

  /**
   * Must be called before {@link classes} are read.
   *
   * @returns false if jobs of a lane have come from elsewhere after others that have waited for less time, or went
   *   ahead of one that came earlier: then the order cannot be derived from classes and arrivals
   */
  update(nowMs: number): boolean {
    const answer = this.#rules.charges.answerOf(this.account);
    const { share } = this.account.terms;
    const isSame = answer === this.#answer;
    const isListed = this.#isListed && share === this.#share && nowMs < this.#risesMs;
    this.#answer = answer;
    this.#share = share;
    if (!isListed) {
      this.#list(nowMs);
    } else {
      if (!isSame) for (const each of this.classes) each.weigh(answer);
      if (this.#hasNewWork) for (const each of this.classes) each.addUpWork(this.#rules.workOf);
    }
    this.#hasNewWork = false;
    return this.#isOrderly;
  }

  /** The work of its jobs has changed. */
  weighed(): void {
    this.#hasNewWork = true;
  }

  /** Its jobs have changed. */
  spoil(): void {
    this.#isListed = false;
    for (const jobs of this.classes) jobs.clear();
  }

  /** Must be called when a job has begun to wait. */
  entered(ticket: Ticket<J>, nowMs: number): void {
    if (!this.#isListed || !this.#isOrderly) return;
    const { competition, charges } = this.#rules;
    const { lane, previous } = ticket;
    const jobs = this.classes[lane.rank];
    const isLast = [ticket, previous].every((each) => each === null || competition.rankAt(each, nowMs) === lane.rank);
    if (jobs === undefined || !isLast || lane.account.terms.share !== this.#share) {
      this.spoil();
      return;
    }
    // With the same length of answers as the others, until all are weighed anew.
    jobs.append(ticket, charges.priceOf(ticket), this.#answer, this.#rules.workOf(ticket));
    this.#willRise(ticket, lane.rank);
  }

  /** Must be called for a job that is about to leave its lane, while it is still in it. */
  leaving(ticket: Ticket<J>): void {
    if (!this.#isListed) return;
    const { previous, next } = ticket;
    const isFirst = ({ head, isWorn }: CountedJobs<J>): boolean => head === ticket && previous === null && !isWorn;
    // One whose lane continues in its class with it would have to be told that it does not.
    const isLast = (jobs: CountedJobs<J>): boolean =>
      jobs.last === ticket && next === null && previous !== null && jobs.has(previous);
    const first = this.classes.find(isFirst);
    const last = this.classes.find(isLast);
    if (first !== undefined) first.shift();
    else if (last !== undefined) last.pop();
    else this.spoil();
  }

  /** @param least the service to which the key is lifted if it does not compete in the class yet */
  inClass(rank: number, least: number): KeyInClass<J> | null {
    const jobs = this.classes[rank];
    if (jobs === undefined) return null;
    if (jobs.size > 0) jobs.startAt(this.#counterIn(rank, least));
    const placesAbove = this.#placesAbove(rank);
    return {
      ...{ account: this.account, jobs, running: this.account.running + placesAbove },
      ...{ placesAbove, workAbove: this.#workAbove(rank), risesMs: this.#risesMs },
    };
  }

  #counterIn(rank: number, least: number): number {
    const turn = this.account.turns[rank];
    if (turn === undefined) return 0;
    const service = this.#rules.moment.serviceOf(turn);
    return turn.heapIndex >= 0 ? service : Math.max(service, least);
  }

  /** The places of its jobs in higher classes. */
  #placesAbove(rank: number): number {
    let sum = 0;
    for (let higher = 0; higher < rank; higher += 1) sum += this.classes[higher]?.places ?? 0;
    return sum;
  }

  /** The work of its jobs in higher classes. */
  #workAbove(rank: number): number {
    let sum = 0;
    for (let higher = 0; higher < rank; higher += 1) sum += this.classes[higher]?.work ?? 0;
    return sum;
  }

  #list(nowMs: number): void {
    this.#isListed = true;
    this.#isOrderly = true;
    this.#risesMs = Infinity;
    const { competition, charges } = this.#rules;
    const next: Next<J>[] = [];
    for (const { head } of this.account.lanes) {
      if (head === null) continue;
      const rank = competition.rankAt(head, nowMs);
      next.push({ ticket: head, rank });
      this.#willRise(head, rank);
    }
    for (const [rank, jobs] of this.classes.entries()) {
      jobs.clear();
      for (;;) {
        const first = firstOf(next, rank);
        if (first === null) break;
        const { ticket } = first;
        const follower = ticket.next;
        jobs.append(ticket, charges.priceOf(ticket), this.#answer, this.#rules.workOf(ticket));
        first.lane.ticket = follower;
        if (follower === null) continue;
        first.lane.rank = competition.rankAt(follower, nowMs);
        if (first.lane.rank < rank || follower.arrival < ticket.arrival) this.#isOrderly = false;
        // It rises before those ahead of it if it has waited elsewhere for longer.
        this.#willRise(follower, first.lane.rank);
        if (first.lane.rank > rank) jobs.leavesFor(first.lane.rank);
      }
    }
  }

  #willRise(ticket: Ticket<J>, rank: number): void {
    if (rank > 0) this.#risesMs = Math.min(this.#risesMs, this.#rules.competition.risesMs(ticket, rank));
  }
}

interface Next<J> {
  ticket: Ticket<J> | null;
  rank: number;
}

/** Of the next jobs of all lanes that compete in a class, or in a higher one, the first to have come. */
function firstOf<J>(
  all: readonly Next<J>[],
  rank: number,
): { readonly lane: Next<J>; readonly ticket: Ticket<J> } | null {
  let first: { readonly lane: Next<J>; readonly ticket: Ticket<J> } | null = null;
  for (const lane of all) {
    const { ticket } = lane;
    if (ticket === null || lane.rank > rank) continue;
    if (first === null || ticket.arrival < first.ticket.arrival) first = { lane, ticket };
  }
  return first;
}
