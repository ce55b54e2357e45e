import { Heap, type HeapItem } from '../../base/heap.js';
import type { KeyAccount, Ticket } from '../jobs/key-account.js';
import { trafficClasses } from '../jobs/traffic-class.js';

/** What the order of starts depends on. */
export interface LineState<J> {
  /** Keys with waiting jobs. */
  readonly accounts: Iterable<KeyAccount<J>>;
  /** In the order in which they began. */
  readonly running: Iterable<Ticket<J>>;
  readonly isFifo: boolean;
  /** The class in which a waiting job would compete now if it were the first of its lane. */
  readonly rankOf: (ticket: Ticket<J>) => number;
  /** The service that its key will have received as soon as it starts. */
  readonly serviceOf: (ticket: Ticket<J>) => number;
  /** What a key has been served in a class. */
  readonly servedIn: (account: KeyAccount<J>, rank: number) => number;
  /** For each class, the service of the key that was the last to leave it. */
  readonly lastServed: readonly number[];
}

/** The state of a key in one class after the starts so far. It competes while it has tickets. */
interface Contender<J> extends HeapItem {
  readonly runner: Runner<J>;
  service: number;
  /** The first jobs of its lanes that compete in this class: at most one for each lane. */
  readonly tickets: Ticket<J>[];
}

interface Runner<J> {
  readonly account: KeyAccount<J>;
  /** Places. */
  running: number;
  /** Whether it runs as many jobs as it may, so that it competes nowhere. */
  isBlocked: boolean;
  /** One for each class, in their order. */
  readonly contenders: Contender<J>[];
}

/**
 * The waiting jobs in the order in which they would start, one after the other, if nothing more came and no class changed. Where
 * keys have limits, each start after the first is taken to follow the end of the job that has run longest, so that a key
 * with a limit continues when its own jobs would have ended. What comes next is computed only when it is asked for: O(log k) for
 * each job with k keys.
 */
export function* startOrder<J>(state: LineState<J>): Generator<Ticket<J>> {
  yield* new Race(state).starts();
}

/** What `FairLine` does, on copies. */
class Race<J> {
  readonly #state: LineState<J>;
  readonly #heaps: readonly Heap<Contender<J>>[];
  readonly #lastServed: number[];
  readonly #runners = new Map<KeyAccount<J>, Runner<J>>();
  /** The jobs that run, in the order in which they end. Empty where no key has a limit. */
  readonly #running: { readonly account: KeyAccount<J>; readonly places: number }[] = [];
  #ended = 0;
  /** How many places may be taken, and how many are. */
  readonly #places: number;
  #taken = 0;
  readonly #hasLimits: boolean;

  constructor(state: LineState<J>) {
    this.#state = state;
    this.#lastServed = [...state.lastServed];
    this.#heaps = trafficClasses.map(() => new Heap<Contender<J>>((one, other) => isFirst(one, other, state.isFifo)));
    let hasLimits = false;
    for (const account of state.accounts) {
      this.#enter(account);
      hasLimits ||= account.terms.maxRunning !== null;
    }
    if (hasLimits) for (const { lane, places } of state.running) this.#run(lane.account, places);
    this.#places = this.#taken;
    this.#hasLimits = hasLimits;
  }

  *starts(): Generator<Ticket<J>> {
    for (;;) {
      const rank = this.#heaps.findIndex(({ first }) => first !== undefined);
      const contender = this.#heaps[rank]?.first;
      const ticket = contender === undefined ? undefined : firstTicket(contender);
      if (contender !== undefined && ticket !== undefined) {
        yield ticket;
        this.#start(ticket, rank, contender);
        while (this.#taken > this.#places) if (!this.#end()) break;
      } else if (!this.#end()) {
        return;
      }
    }
  }

  #run(account: KeyAccount<J>, places: number): void {
    this.#running.push({ account, places });
    this.#taken += places;
  }

  /** Ends the job that has run longest. @returns false if none runs */
  #end(): boolean {
    const job = this.#running[this.#ended];
    if (job === undefined) return false;
    this.#ended += 1;
    this.#taken -= job.places;
    const runner = this.#runners.get(job.account);
    if (runner === undefined) return true;
    runner.running -= job.places;
    if (runner.isBlocked && !isFull(runner)) this.#unblock(runner);
    else for (const [rank, contender] of runner.contenders.entries()) this.#heaps[rank]?.moved(contender);
    return true;
  }

  #block(runner: Runner<J>): void {
    runner.isBlocked = true;
    for (const [rank, contender] of runner.contenders.entries()) {
      if (contender.heapIndex < 0) continue;
      this.#heaps[rank]?.remove(contender);
      this.#lastServed[rank] = contender.service;
    }
  }

  #unblock(runner: Runner<J>): void {
    runner.isBlocked = false;
    for (const [rank, contender] of runner.contenders.entries()) {
      if (contender.tickets.length > 0) this.#compete(contender, rank);
    }
  }

  #enter(account: KeyAccount<J>): void {
    const runner: Runner<J> = { account, running: account.running, isBlocked: account.isAtItsLimit, contenders: [] };
    this.#runners.set(account, runner);
    for (const rank of trafficClasses.keys()) {
      runner.contenders.push({ runner, service: this.#state.servedIn(account, rank), tickets: [], heapIndex: -1 });
    }
    for (const { head } of account.lanes) {
      if (head !== null) runner.contenders[this.#state.rankOf(head)]?.tickets.push(head);
    }
    if (runner.isBlocked) return;
    for (const [rank, contender] of runner.contenders.entries()) {
      if (contender.tickets.length > 0) this.#heaps[rank]?.add(contender);
    }
  }

  #start(ticket: Ticket<J>, rank: number, contender: Contender<J>): void {
    const { runner, tickets } = contender;
    contender.service += this.#state.serviceOf(ticket);
    runner.running += ticket.places;
    if (this.#hasLimits) this.#run(runner.account, ticket.places);
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
    if (isFull(runner)) this.#block(runner);
    else for (const [index, each] of runner.contenders.entries()) this.#heaps[index]?.moved(each);
  }

  #join(ticket: Ticket<J>, contender: Contender<J>, rank: number): void {
    contender.tickets.push(ticket);
    if (contender.heapIndex < 0) this.#compete(contender, rank);
  }

  #compete(contender: Contender<J>, rank: number): void {
    const heap = this.#heaps[rank];
    if (heap === undefined) return;
    contender.service = Math.max(contender.service, heap.first?.service ?? this.#lastServed[rank] ?? 0);
    heap.add(contender);
  }
}

/** Whether its first job would be one too many, as `KeyAccount.isAtItsLimit` says. */
function isFull<J>({ account: { terms }, running, contenders }: Runner<J>): boolean {
  const { maxRunning } = terms;
  if (maxRunning === null) return false;
  const contender = contenders.find(({ tickets }) => tickets.length > 0);
  const places = (contender === undefined ? undefined : firstTicket(contender))?.places ?? 1;
  return running + Math.min(places, maxRunning) > maxRunning;
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
