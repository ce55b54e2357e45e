import { Heap, type HeapItem } from '../../base/heap.js';
import type { Job } from '../jobs/job.js';
import type { Lane, Ticket } from '../jobs/key-account.js';

/** Claimants of one reserve. Those of a class all have its rank; those of a key are in lanes of one account. */
export interface Claimants<J> {
  /** Places that are reserved for them, free or not; 1 or more. */
  readonly reserve: number;
  readonly lanes: readonly Lane<J>[];
}

/** A job with this many before it is not judged: it is checked again later. */
const mostAhead = 1000;

/** To judge a place in the order takes longer than to find it. */
const judgedEvery = 32;

/** The next of a lane, and the service that its key will have had before it. */
interface Runner<J> extends HeapItem {
  readonly lane: Lane<J>;
  ticket: Ticket<J>;
  service: number;
}

/**
 * Whether a waiting job comes too late even with the places that are held back for it. Never if it is among the first that fill
 * them, because such a place can come back at any time. Behind these, reserved places are assumed to come back as often as others.
 *
 * @param running places of all running jobs
 * @param isLate see `JobLine.isLate`
 */
export function isLateInReserve<J extends Job>(
  ticket: Ticket<J>,
  claimants: Claimants<J>,
  { running, serviceOf }: { readonly running: () => number; readonly serviceOf: (ticket: Ticket<J>) => number },
  isLate: (position: number, workAhead: number) => boolean,
): boolean {
  const { reserve } = claimants;
  let ahead = 0;
  let work = 0;
  let scale: number | null = null;
  let steps = 0;
  for (const other of claimOrder(claimants.lanes, serviceOf)) {
    // Further behind, it can only be later, so not every place has to be judged.
    steps += 1;
    if (ahead + ticket.places > reserve && (other === ticket || steps % judgedEvery === 0)) {
      scale ??= Math.max(1, running() / reserve);
      if (isLate(1 + Math.floor(ahead * scale), work * scale)) return true;
    }
    if (other === ticket || ahead >= mostAhead) return false;
    ahead += other.places;
    work += other.job.work;
  }
  return false;
}

/** The order in which they take places that come back, if no other jobs came. */
function* claimOrder<J>(lanes: readonly Lane<J>[], serviceOf: (ticket: Ticket<J>) => number): Generator<Ticket<J>> {
  const heap = new Heap<Runner<J>>(isFirst);
  for (const lane of lanes) {
    const { head, account, rank } = lane;
    if (head !== null) heap.add({ lane, ticket: head, service: account.servedIn(rank), heapIndex: -1 });
  }
  for (let { first } = heap; first !== undefined; first = heap.first) {
    yield first.ticket;
    const { next } = first.ticket;
    first.service += serviceOf(first.ticket);
    if (next === null) {
      heap.remove(first);
    } else {
      first.ticket = next;
      heap.moved(first);
    }
  }
}

/** A key takes its places with its higher classes first; keys share those of a class. */
function isFirst<J>(one: Runner<J>, other: Runner<J>): boolean {
  if (one.lane.rank !== other.lane.rank) return one.lane.rank < other.lane.rank;
  if (one.service !== other.service) return one.service < other.service;
  return one.ticket.arrival < other.ticket.arrival;
}
