import { Heap, type HeapItem } from './heap.js';
import type { KeyAccount, Ticket } from './key-account.js';
import { trafficClasses } from './traffic-class.js';

/** What the order of starts depends on. */
export interface LineState<J> {
  /** Of keys with waiting jobs. */
  readonly accounts: Iterable<KeyAccount<J>>;
  readonly isFifo: boolean;
  /** The class in which a waiting job would compete now if it were the first of its lane. */
  readonly rankOf: (ticket: Ticket<J>) => number;
  /** Weighted tokens that its key will pay for it when it starts. */
  readonly costOf: (ticket: Ticket<J>) => number;
  /** For each class, the service of the key that was the last to wait in it. */
  readonly lastServed: readonly number[];
}

/** A key as it would be after the starts so far. */
interface Runner<J> {
  readonly account: KeyAccount<J>;
  readonly served: number[];
  running: number;
  readonly contenders: Contender<J>[];
}

/** A lane as it would be then. */
interface Contender<J> extends HeapItem {
  readonly runner: Runner<J>;
  ticket: Ticket<J>;
  rank: number;
}

/**
 * The waiting jobs in the order in which they would start if all of them did so one after the other, now. Keys that may
 * start none come last. What comes next is computed only when it is asked for: O(log k) for each job with k keys.
 */
export function* startOrder<J>(state: LineState<J>): Generator<Ticket<J>> {
  const accounts = [...state.accounts];
  yield* orderOf(
    accounts.filter(({ isAtItsLimit }) => !isAtItsLimit),
    state,
  );
  yield* orderOf(
    accounts.filter(({ isAtItsLimit }) => isAtItsLimit),
    state,
  );
}

function* orderOf<J>(accounts: readonly KeyAccount<J>[], state: LineState<J>): Generator<Ticket<J>> {
  const { isFifo, rankOf, costOf } = state;
  const lastServed = [...state.lastServed];
  const heaps = trafficClasses.map(
    (_, rank) => new Heap<Contender<J>>((one, other) => isFirst(one, other, isFifo ? null : rank)),
  );
  for (const account of accounts) enter(account, rankOf, heaps);
  for (const [rank, heap] of heaps.entries()) {
    for (let { first } = heap; first !== undefined; first = heap.first) {
      const { ticket, runner } = first;
      yield ticket;
      runner.served[rank] = (runner.served[rank] ?? 0) + costOf(ticket) / runner.account.terms.share;
      runner.running += 1;
      advance(first, heaps, lastServed, rankOf);
      for (const contender of runner.contenders) heaps[contender.rank]?.moved(contender);
    }
  }
}

function enter<J>(account: KeyAccount<J>, rankOf: LineState<J>['rankOf'], heaps: readonly Heap<Contender<J>>[]): void {
  const served = trafficClasses.map((_, rank) => account.servedIn(rank));
  const runner: Runner<J> = { account, served, running: account.running, contenders: [] };
  for (const { head } of account.lanes) {
    if (head === null) continue;
    const contender = { runner, ticket: head, rank: rankOf(head), heapIndex: -1 };
    runner.contenders.push(contender);
    heaps[contender.rank]?.add(contender);
  }
}

/** The next job of its lane takes the place of the one that has started. */
function advance<J>(
  contender: Contender<J>,
  heaps: readonly Heap<Contender<J>>[],
  lastServed: number[],
  rankOf: LineState<J>['rankOf'],
): void {
  const { next } = contender.ticket;
  const { runner, rank: before } = contender;
  const rank = next === null ? null : rankOf(next);
  if (next !== null) contender.ticket = next;
  if (rank === before) return;
  heaps[before]?.remove(contender);
  lastServed[before] = runner.served[before] ?? 0;
  if (rank === null) return;
  const isThere = runner.contenders.some((other) => other.heapIndex >= 0 && other.rank === rank);
  const first = heaps[rank]?.first;
  const least = first === undefined ? (lastServed[rank] ?? 0) : (first.runner.served[rank] ?? 0);
  if (!isThere) runner.served[rank] = Math.max(runner.served[rank] ?? 0, least);
  contender.rank = rank;
  heaps[rank]?.add(contender);
}

/** @param rank the class in which they compete by service; null if only their arrival counts */
function isFirst<J>(one: Contender<J>, other: Contender<J>, rank: number | null): boolean {
  if (rank !== null) {
    const ahead = (one.runner.served[rank] ?? 0) - (other.runner.served[rank] ?? 0);
    if (ahead !== 0) return ahead < 0;
    if (one.runner.running !== other.runner.running) return one.runner.running < other.runner.running;
  }
  return one.ticket.arrival < other.ticket.arrival;
}
