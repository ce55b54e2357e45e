import { ChatstreamError } from '../../base/errors.js';
import { Heap, type HeapItem } from '../../base/heap.js';
import type { Accounts } from '../jobs/accounts.js';
import type { KeyTerms } from '../jobs/demand.js';
import type { KeyAccount, Lane, Ticket } from '../jobs/key-account.js';
import { type TrafficClass, trafficClasses } from '../jobs/traffic-class.js';
import type { Claimants } from './claim-order.js';

/** How keys are served, and for whom places are reserved. */
export interface ReserveSettings {
  /** By the names of keys. All others have the default terms. */
  readonly terms: ReadonlyMap<string, KeyTerms>;
  /** Places that only jobs of a class may use; none for classes that are left out. Only with the policy `fair`. */
  readonly classReserves?: ReadonlyMap<TrafficClass, number>;
}

/** The sum of all reserves. */
function totalReserve({ terms, classReserves }: ReserveSettings): number {
  let sum = 0;
  for (const { reserve = 0 } of terms.values()) sum += reserve;
  for (const reserve of classReserves?.values() ?? []) sum += reserve;
  return sum;
}

/**
 * Checks that the reserves leave at least one place that all may use, so that no job starves, and that the policy knows classes.
 *
 * @throws ChatstreamError `usage`
 */
export function checkReserves(settings: ReserveSettings, policy: 'fair' | 'fifo', maxConcurrency: number): void {
  const problem = reserveProblem(totalReserve(settings), maxConcurrency);
  if (problem !== null)
    throw new ChatstreamError('usage', problem, { hint: 'Raise --max-concurrency, or lower the reserves.' });
  const ofClasses = totalReserve({ ...settings, terms: new Map() });
  if (policy === 'fair' || ofClasses === 0) return;
  throw new ChatstreamError('usage', 'The reserves of classes have no effect with --queue-policy fifo.', {
    hint: 'Use --queue-policy fair, or reserve places for keys.',
  });
}

/** What is wrong with so many reserved places; null if nothing is. */
function reserveProblem(reserved: number, maxConcurrency: number): string | null {
  if (reserved === 0 || reserved < maxConcurrency) return null;
  const places = reserved === 1 ? '1 place' : `${reserved} places together`;
  return `Keys and classes reserve ${places}: of ${maxConcurrency}, none would be left for all others.`;
}

/**
 * If the places belong to other servers, none can be kept free here. @throws ChatstreamError `usage` for any reserve
 */
export function refuseReserves(settings: ReserveSettings, others: 'upstream' | 'cluster'): void {
  if (totalReserve(settings) === 0) return;
  throw new ChatstreamError('usage', `The reserves of keys and classes have no effect with --${others}.`, {
    hint: `Leave them out: the places belong to ${others === 'upstream' ? 'the upstream servers' : 'nodes that come and go'}.`,
  });
}

/** A key whose first job of a class may take one of the places of that class. */
class Claim<J> implements HeapItem {
  heapIndex = -1;
  constructor(readonly lane: Lane<J>) {}

  get service(): number {
    return this.lane.account.servedIn(this.lane.rank);
  }
}

/**
 * Places that are held back: for each key as many as its reserve, and for each class as many as its own, which are used by
 * the keys without a reserve. No other job gets them, even while they are free: a generation that has begun there could
 * not be taken away again, and the key would have to wait for its end.
 */
export class Reserves<J> {
  #ofClasses: readonly number[] = trafficClasses.map(() => 0);
  /** For each class, the places of running jobs of keys without a reserve. */
  #running: number[] = trafficClasses.map(() => 0);
  /** Keys with a reserve that have a job that could start. */
  readonly #owners = new Set<KeyAccount<J>>();
  readonly #claims = new Map<Lane<J>, Claim<J>>();
  readonly #heaps = trafficClasses.map(() => new Heap<Claim<J>>(isFirst));
  #total = 0;
  #held = 0;

  /** The sum of all reserves. */
  get total(): number {
    return this.#total;
  }

  /** How many of these places are for all: at least one, even while fewer places work than the reserves allow for. */
  forAllOf(places: number): number {
    return Math.max(1, places - this.#total);
  }

  /**
   * Places that are held back and free: only their owners may take them.
   *
   * @param places how many are in order, free or not
   */
  heldOf(places: number): number {
    // This many reserved places do not exist now, because one of the existing ones is for all.
    const missing = this.#total === 0 ? 0 : Math.max(0, this.#total + 1 - places);
    return Math.max(0, this.#held - missing);
  }

  /** Whether a limit leaves a place for all others. @throws ChatstreamError `invalid_request` */
  assertRoomIn(maxConcurrency: number): void {
    const problem = reserveProblem(this.#total, maxConcurrency);
    if (problem !== null) throw new ChatstreamError('invalid_request', problem, { param: 'max_concurrency' });
  }

  /**
   * Changes the reserves at once. {@link refresh} must be called for all keys afterwards.
   *
   * @param running what runs
   */
  configure(settings: ReserveSettings, accounts: Pick<Accounts<J>, 'find'>, running: Iterable<Ticket<J>>): void {
    const { terms, classReserves } = settings;
    this.#total = totalReserve(settings);
    this.#ofClasses = trafficClasses.map((each) => classReserves?.get(each) ?? 0);
    this.#running = trafficClasses.map(() => 0);
    this.#held = 0;
    for (const [name, { reserve = 0 }] of terms) {
      this.#held += Math.max(0, reserve - (accounts.find(name)?.running ?? 0));
    }
    for (const { lane, places } of running) this.#count(lane, places);
    for (const rank of trafficClasses.keys()) this.#held += this.#spareOf(rank);
  }

  /** Who may take the same places as a waiting job that are held back; null if there are none for it, or too few. */
  claimantsWith({ lane, places }: Ticket<J>): Claimants<J> | null {
    const { account, rank } = lane;
    const reserve = account.reserve > 0 ? account.reserve : this.#ofClass(rank);
    if (reserve === 0 || reserve < places) return null;
    if (account.reserve > 0) return { reserve, lanes: account.lanes };
    // Its own lane claims nothing while its key runs as many as it may.
    const others = [...this.#claims.keys()].filter((each) => each.rank === rank && each !== lane);
    return { reserve, lanes: [lane, ...others] };
  }

  /** Whether the end of a running job of this lane would free a place only for jobs of its own key or class. */
  holdsPlaceOf({ account, rank }: Lane<J>): boolean {
    if (account.reserve > 0) return account.running <= account.reserve;
    const reserve = this.#ofClass(rank);
    return reserve > 0 && this.#runningOf(rank) <= reserve;
  }

  /** How many of the held places a key may take with jobs of a class. */
  spareFor({ reserve, running }: KeyAccount<J>, rank: number): number {
    return reserve > 0 ? Math.max(0, reserve - running) : this.#spareOf(rank);
  }

  /** Must be called before a job counts as running. Without any reserve, this costs nothing. */
  started({ lane, places }: Ticket<J>): void {
    if (this.#total === 0) return;
    this.#held -= Math.min(places, this.spareFor(lane.account, lane.rank));
    this.#count(lane, places);
  }

  /** Must be called when a job no longer counts as running. */
  ended({ lane, places }: Ticket<J>): void {
    if (this.#total === 0) return;
    this.#count(lane, -places);
    this.#held += Math.min(places, this.spareFor(lane.account, lane.rank));
  }

  /** Must be called after the lanes of a key, or what competes there, have changed. */
  refresh(account: KeyAccount<J>): void {
    if (this.#total === 0 && this.#owners.size === 0 && this.#claims.size === 0) return;
    const isOwner = account.reserve > 0 && account.lanes.some(({ competesIn }) => competesIn !== null);
    if (isOwner) this.#owners.add(account);
    else this.#owners.delete(account);
    for (const lane of account.lanes) this.#claim(lane);
  }

  /** Must be called when a key has been charged for its jobs of a class. */
  charged({ lanes }: KeyAccount<J>, rank: number): void {
    if (this.#claims.size === 0) return;
    const lane = lanes[rank];
    const claim = lane === undefined ? undefined : this.#claims.get(lane);
    if (claim !== undefined) this.#heaps[rank]?.moved(claim);
  }

  /** The job that takes a held place next; undefined if no owner of held places has a job waiting. */
  first(): Ticket<J> | undefined {
    for (const account of this.#owners) {
      const first = firstOf(account);
      if (account.reserve - account.running >= (first?.places ?? Infinity)) return first;
    }
    for (const [rank, heap] of this.#heaps.entries()) {
      const head = heap.first?.lane.head;
      if (head !== null && head !== undefined && this.#spareOf(rank) >= head.places) return head;
    }
    return undefined;
  }

  #claim(lane: Lane<J>): void {
    const { account, rank, competesIn } = lane;
    const heap = this.#heaps[rank];
    const claim = this.#claims.get(lane);
    const isClaiming = competesIn !== null && account.reserve === 0 && this.#ofClass(rank) > 0;
    if (isClaiming && claim === undefined) {
      account.lift(rank, heap?.first?.service ?? 0);
      const made = new Claim(lane);
      this.#claims.set(lane, made);
      heap?.add(made);
    } else if (!isClaiming && claim !== undefined) {
      this.#claims.delete(lane);
      heap?.remove(claim);
    } else if (claim !== undefined) {
      heap?.moved(claim);
    }
  }

  #count({ account, rank }: Lane<J>, places: number): void {
    if (account.reserve === 0) this.#running[rank] = this.#runningOf(rank) + places;
  }

  #spareOf(rank: number): number {
    return Math.max(0, this.#ofClass(rank) - this.#runningOf(rank));
  }

  #ofClass(rank: number): number {
    return this.#ofClasses[rank] ?? 0;
  }

  #runningOf(rank: number): number {
    return this.#running[rank] ?? 0;
  }
}

/** Of its first jobs that compete, the one in the highest class. */
function firstOf<J>({ lanes }: KeyAccount<J>): Ticket<J> | undefined {
  const able = lanes.filter(({ competesIn }) => competesIn !== null);
  const [first] = able.toSorted((one, other) => (one.competesIn ?? 0) - (other.competesIn ?? 0));
  return first?.head ?? undefined;
}

function isFirst<J>(one: Claim<J>, other: Claim<J>): boolean {
  if (one.service !== other.service) return one.service < other.service;
  const [mine, its] = [one.lane.account, other.lane.account];
  if (mine.running !== its.running) return mine.running < its.running;
  return (one.lane.head?.arrival ?? Infinity) < (other.lane.head?.arrival ?? Infinity);
}
