import type { HeapItem } from '../../base/heap.js';
import { type KeyTerms, usualTerms } from './demand.js';
import { trafficClasses } from './traffic-class.js';

/**
 * What counts as service, as in "Fairness in Serving Large Language Models" (Sheng et al., OSDI 2024): an output token
 * takes a round of its own, whereas prompt tokens are processed together. Prompt tokens from the cache cost nothing.
 */
export const promptWeight = 1;
export const outputWeight = 2;

/** The weight of the newest length in the mean: the last eight or so decide. */
const newestShare = 1 / 8;

/** The mean length of answers, in output tokens. */
export class MeanLength {
  #mean: number | null = null;

  get mean(): number | null {
    return this.#mean;
  }

  add(tokens: number): void {
    this.#mean = this.#mean === null ? tokens : this.#mean + (tokens - this.#mean) * newestShare;
  }
}

/** A key's own limits. */
export interface KeyRoom {
  readonly waiting: number;
  readonly maxWaiting: number | null;
  /** The maximum number of places that it may have, and how many more it may take now; infinite without a limit. */
  readonly maxRunning: number;
  readonly mayStart: number;
}

/** One key: its lanes, and the service that it has had. */
export class KeyAccount<J> {
  terms: KeyTerms = usualTerms;
  /** Places that its running jobs take, and those that its waiting ones need. */
  running = 0;
  waiting = 0;
  /** Whether its first job would be one too many, so that none of its jobs competes. */
  isAtItsLimit = false;
  lengths = new MeanLength();
  /** One for each class, in their order. */
  readonly lanes: readonly Lane<J>[];
  /** One for each class, in their order. */
  readonly turns: readonly Turn<J>[];
  constructor(readonly name: string) {
    this.lanes = trafficClasses.map((_, rank) => new Lane<J>(this, rank));
    this.turns = trafficClasses.map((_, rank) => new Turn<J>(this, rank));
  }

  get room(): KeyRoom {
    const { waiting, running, terms } = this;
    const maxRunning = terms.maxRunning ?? Infinity;
    // Places that are not enough for its first job are not for those behind it.
    const mayStart = waiting > 0 && this.isAtItsLimit ? 0 : Math.max(0, maxRunning - running);
    return { waiting, maxWaiting: terms.maxWaiting, maxRunning, mayStart };
  }

  /** Whether a job with so many places would be one too many. One that needs more than its key may have runs alone. */
  isFullFor(places: number): boolean {
    const { maxRunning } = this.terms;
    return maxRunning !== null && this.running + Math.min(places, maxRunning) > maxRunning;
  }

  /** Places that only this key may use. */
  get reserve(): number {
    return this.terms.reserve ?? 0;
  }

  servedIn(rank: number): number {
    return this.turns[rank]?.service ?? 0;
  }

  /** @param service weighted tokens divided by a share; negative to give back */
  charge(rank: number, service: number): void {
    const turn = this.turns[rank];
    if (turn !== undefined) turn.service += service;
  }

  /** Raises the service of a key that comes back, so that it cannot save up service. */
  lift(rank: number, least: number): void {
    const turn = this.turns[rank];
    if (turn !== undefined && least > turn.service) turn.service = least;
  }
}

/** A key where it competes for the next slot with others in one class. It is there at most once. */
export class Turn<J> implements HeapItem {
  heapIndex = -1;
  /** Weighted tokens divided by the share. Only differences between keys in one class mean anything. */
  service = 0;
  /** Its value at the moment with this number, if the key has been charged since: see `Moment`. */
  kept = 0;
  keptAsOf = 0;
  /**
   * Copies of what decides between keys with the same service: with 10,000 keys, following the references in every
   * comparison made a start four times as slow.
   */
  running = 0;
  arrival = Infinity;

  constructor(
    readonly account: KeyAccount<J>,
    readonly rank: number,
  ) {}

  /** The job that would start: of those in this class, the first that came. */
  get ticket(): Ticket<J> | null {
    let first: Ticket<J> | null = null;
    for (const { head, competesIn } of this.account.lanes) {
      if (competesIn !== this.rank || head === null) continue;
      if (first === null || head.arrival < first.arrival) first = head;
    }
    return first;
  }

  /** Must be called before its place in the heap is looked for. */
  update(): void {
    this.running = this.account.running;
    this.arrival = this.ticket?.arrival ?? Infinity;
  }
}

/** The waiting jobs of one key in one class: first in, first out. */
export class Lane<J> implements HeapItem {
  head: Ticket<J> | null = null;
  #tail: Ticket<J> | null = null;
  /**
   * The class in which its first job competes, which is higher than its own once that job has waited for long; null if it
   * has none, or its key runs as many as it may.
   */
  competesIn: number | null = null;
  /** Its place among those whose first job will rise by a class, and when that is. */
  heapIndex = -1;
  riseMs = 0;

  constructor(
    readonly account: KeyAccount<J>,
    /** Its own class. */
    readonly rank: number,
  ) {}

  append(ticket: Ticket<J>): void {
    ticket.isWaiting = true;
    ticket.previous = this.#tail;
    if (this.#tail === null) this.head = ticket;
    else this.#tail.next = ticket;
    this.#tail = ticket;
  }

  /** Puts back one that has come before all others. */
  prepend(ticket: Ticket<J>): void {
    ticket.isWaiting = true;
    ticket.next = this.head;
    if (this.head === null) this.#tail = ticket;
    else this.head.previous = ticket;
    this.head = ticket;
  }

  remove(ticket: Ticket<J>): void {
    const { previous, next } = ticket;
    ticket.isWaiting = false;
    if (previous === null) this.head = next;
    else previous.next = next;
    if (next === null) this.#tail = previous;
    else next.previous = previous;
    ticket.previous = null;
    ticket.next = null;
  }
}

/** A job that waits or runs, and what its key has paid for it. */
export class Ticket<J> {
  next: Ticket<J> | null = null;
  previous: Ticket<J> | null = null;
  /** Whether it is in its lane. */
  isWaiting = false;
  /** The class in which it competed when it started. */
  rank = 0;
  /** Weighted tokens that its key has paid for, some of them in advance. */
  charged = 0;
  /** The share of its key when it began, by which all that it costs is divided; 0 until then. */
  share = 0;
  /** Output tokens that its key has paid for in advance. */
  expectedTokens = 0;
  cachedTokens = 0;
  outputTokens = 0;
  /** Whether it has given up its place once, which is not demanded a second time. */
  wasPaused = false;
  /** Its place in the order of starts, and the number of the moment for which that holds. */
  position = 0;
  workAhead = 0;
  /** When the last of the jobs up to it came, if all of them are interactive and need one place; infinite otherwise. */
  allSinceMs = Infinity;
  positionAsOf = -1;
  /** Its index where it was last listed: see `CountedJobs`. */
  listedAt = -1;

  constructor(
    readonly job: J,
    readonly lane: Lane<J>,
    /** Counts up with every job that enters the line. */
    readonly arrival: number,
    readonly enteredMs: number,
    /** See `Job.places`. */
    readonly places: number,
  ) {}
}
