import { Heap, type HeapItem } from './heap.js';
import type { KeyAccount, Ticket } from './key-account.js';
import { trafficClasses } from './traffic-class.js';

/** What the order of starts depends on. */
export interface LineState<J> {
  /** Keys with waiting jobs. */
  readonly accounts: Iterable<KeyAccount<J>>;
  readonly isFifo: boolean;
  /** The class in which a waiting job would compete now if it were the first of its lane. */
  readonly rankOf: (ticket: Ticket<J>) => number;
  /** The service that its key will have had with it as soon as it starts. */
  readonly serviceOf: (ticket: Ticket<J>) => number;
  /** For each class, the service of the key that was the last to leave it. */
  readonly lastServed: readonly number[];
}

/** A key in one class, as it would be after the starts so far. It competes while it has tickets. */
interface Contender<J> extends HeapItem {
  readonly runner: Runner<J>;
  service: number;
  /** The first jobs of its lanes that compete in this class: at most one for each lane. */
  readonly tickets: Ticket<J>[];
}

interface Runner<J> {
  running: number;
  /** One for each class, in their order. */
  readonly contenders: Contender<J>[];
}

/**
 * The waiting jobs in the order in which they would start if all of them did so one after the other, now. Keys that may
 * start none come last. What comes next is computed only when it is asked for: O(log k) for each job with k keys.
 */
export function* startOrder<J>(state: LineState<J>): Generator<Ticket<J>> {
  const accounts = [...state.accounts];
  yield* new Race(
    accounts.filter(({ isAtItsLimit }) => !isAtItsLimit),
    state,
  ).starts();
  yield* new Race(
    accounts.filter(({ isAtItsLimit }) => isAtItsLimit),
    state,
  ).starts();
}

/** What `FairLine` does, on copies. */
class Race<J> {
  readonly #state: LineState<J>;
  readonly #heaps: readonly Heap<Contender<J>>[];
  readonly #lastServed: number[];

  constructor(accounts: readonly KeyAccount<J>[], state: LineState<J>) {
    this.#state = state;
    this.#lastServed = [...state.lastServed];
    this.#heaps = trafficClasses.map(() => new Heap<Contender<J>>((one, other) => isFirst(one, other, state.isFifo)));
    for (const account of accounts) this.#enter(account);
  }

  *starts(): Generator<Ticket<J>> {
    for (const [rank, heap] of this.#heaps.entries()) {
      for (let { first } = heap; first !== undefined; first = heap.first) {
        const ticket = firstTicket(first);
        if (ticket === undefined) return;
        yield ticket;
        this.#start(ticket, rank, first);
      }
    }
  }

  #enter(account: KeyAccount<J>): void {
    const runner: Runner<J> = { running: account.running, contenders: [] };
    for (const rank of trafficClasses.keys()) {
      runner.contenders.push({ runner, service: account.servedIn(rank), tickets: [], heapIndex: -1 });
    }
    for (const { head } of account.lanes) {
      if (head !== null) runner.contenders[this.#state.rankOf(head)]?.tickets.push(head);
    }
    for (const [rank, contender] of runner.contenders.entries()) {
      if (contender.tickets.length > 0) this.#heaps[rank]?.add(contender);
    }
  }

  #start(ticket: Ticket<J>, rank: number, contender: Contender<J>): void {
    const { runner, tickets } = contender;
    contender.service += this.#state.serviceOf(ticket);
    runner.running += 1;
    tickets.splice(tickets.indexOf(ticket), 1);
    // The next of its lane may be in a lower class, in which its key then competes anew.
    const { next } = ticket;
    const nextRank = next === null ? null : this.#state.rankOf(next);
    if (next !== null && nextRank === rank) tickets.push(next);
    if (tickets.length === 0) {
      this.#heaps[rank]?.remove(contender);
      this.#lastServed[rank] = contender.service;
    }
    const other = nextRank === null || nextRank === rank ? undefined : runner.contenders[nextRank];
    if (next !== null && nextRank !== null && other !== undefined) this.#join(next, other, nextRank);
    for (const [index, each] of runner.contenders.entries()) this.#heaps[index]?.moved(each);
  }

  #join(ticket: Ticket<J>, contender: Contender<J>, rank: number): void {
    const heap = this.#heaps[rank];
    contender.tickets.push(ticket);
    if (heap === undefined || contender.heapIndex >= 0) return;
    contender.service = Math.max(contender.service, heap.first?.service ?? this.#lastServed[rank] ?? 0);
    heap.add(contender);
  }
}

function firstTicket<J>({ tickets }: Contender<J>): Ticket<J> | undefined {
  const [first, ...others] = tickets;
  return others.reduce((least, other) => (least !== undefined && least.arrival < other.arrival ? least : other), first);
}

function isFirst<J>(one: Contender<J>, other: Contender<J>, isFifo: boolean): boolean {
  if (!isFifo) {
    if (one.service !== other.service) return one.service < other.service;
    if (one.runner.running !== other.runner.running) return one.runner.running < other.runner.running;
  }
  return (firstTicket(one)?.arrival ?? Infinity) < (firstTicket(other)?.arrival ?? Infinity);
}
