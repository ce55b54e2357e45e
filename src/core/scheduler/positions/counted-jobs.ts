import { type Price, serviceAt } from '../fairness/service-charges.js';
import type { Ticket } from '../jobs/key-account.js';

/**
 * What decides between jobs of several keys in one class: the lowest counter, then the fewest running jobs, then the
 * earliest arrival.
 */
export interface Turn {
  /** The service of its key when its turn comes. */
  readonly counter: number;
  /** The places that its key will have then. */
  readonly running: number;
  readonly arrival: number;
}

export function isEarlier(one: Turn, other: Turn): boolean {
  if (one.counter !== other.counter) return one.counter < other.counter;
  if (one.running !== other.running) return one.running < other.running;
  return one.arrival < other.arrival;
}

const smallestCapacity = 8;

/** The fields of a row. */
const counter = 0;
const service = 1;
const places = 2;
const work = 3;
/** The values from which the service is computed: see `Price`. */
const fixed = 4;
const outputTokens = 5;
const maxTokens = 6;
const share = 7;
const fields = 8;

/** Most keys have jobs in one class only. */
const noRows = new Float64Array(0);

/**
 * Waiting jobs of one key that compete in one class, in the order in which they start, with what the counter of the key will be when
 * the turn of each comes:
 *
 * ```text
 * jobs        │ gone │ a5  │ a8  │ a9  │
 * services    │      │ 120 │ 300 │ 120 │     what each costs its key
 * counters    │      │  70 │ 190 │ 490 │     70 = what the key has had: those with less than 300 are a5 and a8
 * places      │   0  │   1 │   2 │   3 │ 4   of all before, so that those of some are a difference
 *                first ▲
 * ```
 *
 * Counters never decrease, so that those before any other job are found in O(log n). Entering at the end and leaving from the front
 * cost O(1). When the key has been charged otherwise, the counters are added up again: a few nanoseconds for each.
 */
export class CountedJobs<J> {
  readonly #tickets: (Ticket<J> | undefined)[] = [];
  #first = 0;
  /** In rows, so that what is compared and what is then read lie side by side. */
  #rows = noRows;
  /** Whether each counter follows from the one before it. */
  #isCounted = false;
  /** Where a lane continues in a lower class, with the class. */
  readonly #leaving: { readonly index: number; readonly rank: number }[] = [];

  get size(): number {
    return this.#tickets.length - this.#first;
  }

  /** Whether more than half of its storage is taken by jobs that have left. */
  get isWorn(): boolean {
    return this.#first > smallestCapacity && this.#first > this.size;
  }

  get head(): Ticket<J> | undefined {
    return this.#tickets[this.#first];
  }

  get last(): Ticket<J> | undefined {
    return this.#tickets.at(-1);
  }

  /** Places of all. */
  get places(): number {
    return this.placesBefore(this.size);
  }

  /** Work of all. */
  get work(): number {
    return this.workBefore(this.size);
  }

  clear(): void {
    this.#tickets.length = 0;
    this.#leaving.length = 0;
    this.#first = 0;
  }

  /**
   * @param answer the expected length of the key's answers, in output tokens
   * @param ownWork see `JobLine.workAhead`
   */
  append(ticket: Ticket<J>, price: Price, answer: number, ownWork: number): void {
    const end = this.#tickets.length;
    // The row behind the last has its sums.
    if ((end + 2) * fields > this.#rows.length) this.#grow();
    this.#tickets.push(ticket);
    ticket.listedAt = end;
    this.#set(end, service, serviceAt(price, answer));
    this.#set(end, fixed, price.fixed);
    this.#set(end, outputTokens, price.outputTokens);
    this.#set(end, maxTokens, price.maxTokens);
    this.#set(end, share, price.share);
    if (end === this.#first) this.#isCounted = false;
    else this.#set(end, counter, this.#get(end - 1, counter) + this.#get(end - 1, service));
    this.#set(end + 1, places, this.#get(end, places) + ticket.places);
    this.#set(end + 1, work, this.#get(end, work) + ownWork);
  }

  /** The lane of the last job continues in a lower class. */
  leavesFor(rank: number): void {
    this.#leaving.push({ index: this.#tickets.length - 1, rank });
  }

  has(ticket: Ticket<J>): boolean {
    return this.#tickets[this.#first + this.countBefore(ticket)] === ticket;
  }

  /** Removes the last. */
  pop(): void {
    this.#tickets.pop();
  }

  /** Removes the first. */
  shift(): void {
    this.#tickets[this.#first] = undefined;
    this.#first += 1;
  }

  /** Sets the expected length of the key's answers, in output tokens. */
  weigh(answer: number): void {
    for (let index = this.#first; index < this.#tickets.length; index += 1) {
      const price = {
        fixed: this.#get(index, fixed),
        outputTokens: this.#get(index, outputTokens),
        maxTokens: this.#get(index, maxTokens),
        places: this.#get(index + 1, places) - this.#get(index, places),
        share: this.#get(index, share),
      };
      this.#set(index, service, serviceAt(price, answer));
    }
    this.#isCounted = false;
  }

  /** The work of its jobs has changed. */
  addUpWork(workOf: (ticket: Ticket<J>) => number): void {
    for (let index = this.#first; index < this.#tickets.length; index += 1) {
      const ticket = this.#tickets[index];
      if (ticket !== undefined) this.#set(index + 1, work, this.#get(index, work) + workOf(ticket));
    }
  }

  /**
   * Must be called before counters are requested. @param first the service of the key when the turn of the first job
   * comes
   */
  startAt(first: number): void {
    if (this.#isCounted && this.#get(this.#first, counter) === first) return;
    this.#isCounted = true;
    const end = this.#tickets.length;
    // Added up in the order in which the key will pay, so that rounding is the same.
    for (let index = this.#first, sum = first; index < end; index += 1) {
      this.#set(index, counter, sum);
      sum += this.#get(index, service);
    }
  }

  /** How many come before one of them. They are in the order of their arrival. */
  countBefore(ticket: Ticket<J>): number {
    const { arrival, listedAt } = ticket;
    // Unless it has been listed elsewhere since. A binary search in the tickets would wait for memory at each step.
    if (this.#tickets[listedAt] === ticket) return listedAt - this.#first;
    let low = this.#first;
    let high = this.#tickets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#tickets[middle]?.arrival ?? 0) < arrival) low = middle + 1;
      else high = middle;
    }
    return low - this.#first;
  }

  /** @param running places of the key when the turn of the first job comes */
  turnOf(count: number, running: number): Turn {
    const index = this.#first + count;
    const arrival = this.#tickets[index]?.arrival ?? Infinity;
    return { counter: this.#get(index, counter), running: running + this.placesBefore(count), arrival };
  }

  /** How many have their turn before that of a job of another key. @param running as for {@link turnOf} */
  countEarlier(turn: Turn, running: number): number {
    const rows = this.#rows;
    let low = this.#first;
    let high = this.#tickets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((rows[middle * fields + counter] ?? 0) < turn.counter) low = middle + 1;
      else high = middle;
    }
    let count = low - this.#first;
    const { size } = this;
    if (count === size || this.#get(low, counter) > turn.counter) return count;
    while (count < size && isEarlier(this.turnOf(count, running), turn)) count += 1;
    return count;
  }

  placesBefore(count: number): number {
    return count === 0 ? 0 : this.#get(this.#first + count, places) - this.#get(this.#first, places);
  }

  workBefore(count: number): number {
    return count === 0 ? 0 : this.#get(this.#first + count, work) - this.#get(this.#first, work);
  }

  /** The first so many. */
  firstOf(count: number): readonly (Ticket<J> | undefined)[] {
    return this.#tickets.slice(this.#first, this.#first + count);
  }

  /** The turn with which a lane first continues in a lower class; null if none does. */
  leavesAt(rank: number, running: number): Turn | null {
    const next = this.#leaving.find((leaving) => leaving.rank === rank && leaving.index >= this.#first);
    return next === undefined ? null : this.turnOf(next.index - this.#first, running);
  }

  #get(index: number, field: number): number {
    return this.#rows[index * fields + field] ?? Number.NaN;
  }

  #set(index: number, field: number, value: number): void {
    this.#rows[index * fields + field] = value;
  }

  #grow(): void {
    const rows = new Float64Array(Math.max(smallestCapacity * fields, this.#rows.length * 2));
    rows.set(this.#rows);
    this.#rows = rows;
  }
}
