import type { Clock } from '../../base/clock.js';
import { Heap } from '../../base/heap.js';
import type { KeyAccount, Lane, Ticket, Turn } from '../jobs/key-account.js';
import { trafficClasses } from '../jobs/traffic-class.js';

export interface CompetitionRules {
  /** Whether only the order of arrival counts. */
  readonly isFifo: boolean;
  /** After how long a waiting job rises by a class, in milliseconds. */
  readonly classPatienceMs: number;
}

/**
 * Decides which key is next: in the highest class in which a job waits, the key with the least service. A key that
 * comes to a class is lifted to the least service of those that are there, or otherwise to that of the last one that
 * left.
 */
export class Competition<J> {
  readonly #clock: Clock;
  readonly #isFifo: boolean;
  readonly #classPatienceMs: number;
  readonly #classes: readonly Heap<Turn<J>>[];
  readonly #rising: Heap<Lane<J>>;
  /** For each class, the key that was the last to leave it. */
  readonly #lastToLeave: (KeyAccount<J> | null)[] = trafficClasses.map(() => null);

  constructor({ isFifo, classPatienceMs }: CompetitionRules, clock: Clock) {
    this.#clock = clock;
    this.#isFifo = isFifo;
    this.#classPatienceMs = classPatienceMs;
    this.#classes = trafficClasses.map(() => new Heap((one, other) => this.#isFirst(one, other)));
    this.#rising = new Heap((one, other) => one.riseMs < other.riseMs);
  }

  get first(): Turn<J> | undefined {
    return this.#classes.find(({ first }) => first !== undefined)?.first;
  }

  /** For each class, the service of the key that was the last to leave it. */
  get lastServed(): readonly number[] {
    return this.#lastToLeave.map((account, rank) => account?.servedIn(rank) ?? 0);
  }

  /** For each class, the least service of those that compete in it; null if none does. */
  get firstServices(): readonly (number | null)[] {
    return this.#classes.map(({ first }) => first?.service ?? null);
  }

  /** Must be called when a key has been charged for its jobs of a class. */
  charged(account: KeyAccount<J>, rank: number): void {
    const turn = account.turns[rank];
    if (turn !== undefined) this.#classes[rank]?.moved(turn);
  }

  /** Puts the lanes of a key where they belong after it has changed. */
  refresh(account: KeyAccount<J>): void {
    const nowMs = this.#clock.now();
    account.isAtItsLimit = account.terms.maxRunning !== null && account.isFullFor(this.#placesOfFirst(account, nowMs));
    for (const lane of account.lanes) {
      const rank = lane.head === null || account.isAtItsLimit ? null : this.rankAt(lane.head, nowMs);
      if (rank === lane.competesIn) {
        lane.riseMs = this.#riseMs(lane);
        this.#rising.moved(lane);
      } else {
        this.#part(lane);
        if (rank !== null) this.#join(lane, rank);
      }
    }
    for (const turn of account.turns) {
      if (turn.heapIndex < 0) continue;
      turn.update();
      this.#classes[turn.rank]?.moved(turn);
    }
  }

  #join(lane: Lane<J>, rank: number): void {
    const { account } = lane;
    const heap = this.#classes[rank];
    const turn = account.turns[rank];
    if (heap === undefined || turn === undefined) return;
    lane.competesIn = rank;
    turn.update();
    if (turn.heapIndex < 0) {
      account.lift(rank, heap.first?.service ?? this.#lastToLeave[rank]?.servedIn(rank) ?? 0);
      heap.add(turn);
    } else {
      heap.moved(turn);
    }
    if (rank === 0) return;
    lane.riseMs = this.#riseMs(lane);
    this.#rising.add(lane);
  }

  /** Ignores a lane that does not compete. */
  #part(lane: Lane<J>): void {
    const { account, competesIn: rank } = lane;
    if (rank === null) return;
    lane.competesIn = null;
    this.#rising.remove(lane);
    const heap = this.#classes[rank];
    const turn = account.turns[rank];
    if (heap === undefined || turn === undefined) return;
    if (account.lanes.some(({ competesIn }) => competesIn === rank)) {
      turn.update();
      heap.moved(turn);
    } else {
      heap.remove(turn);
      this.#lastToLeave[rank] = account;
    }
  }

  /** @returns whether any has risen */
  riseDue(): boolean {
    const nowMs = this.#clock.now();
    let hasRisen = false;
    for (let { first } = this.#rising; first !== undefined; first = this.#rising.first) {
      if (first.riseMs > nowMs) break;
      this.refresh(first.account);
      hasRisen = true;
    }
    return hasRisen;
  }

  /** The rank of the job that would start first if there were no limit; 1 if there is none. */
  #placesOfFirst({ lanes }: KeyAccount<J>, nowMs: number): number {
    let first: Ticket<J> | null = null;
    for (const { head } of lanes) {
      if (head === null) continue;
      if (first === null || this.#goesBefore(head, first, nowMs)) first = head;
    }
    return first?.places ?? 1;
  }

  /** Whether of two jobs of one key, this one starts first. */
  #goesBefore(one: Ticket<J>, other: Ticket<J>, nowMs: number): boolean {
    const [rank, otherRank] = [this.rankAt(one, nowMs), this.rankAt(other, nowMs)];
    return rank === otherRank ? one.arrival < other.arrival : rank < otherRank;
  }

  /** When the first job of a lane that can still rise does so. */
  #riseMs({ head, rank, competesIn }: Lane<J>): number {
    return (head?.enteredMs ?? 0) + this.#classPatienceMs * (rank - (competesIn ?? rank) + 1);
  }

  /** Written with the same expression as `#riseMs`, so that rounding cannot make them disagree. */
  rankAt({ lane, enteredMs }: Ticket<J>, nowMs: number): number {
    let { rank } = lane;
    while (rank > 0 && enteredMs + this.#classPatienceMs * (lane.rank - rank + 1) <= nowMs) rank -= 1;
    return rank;
  }

  /** When a job that competes in a class, not the highest, rises by one. Written with the same expression as well. */
  risesMs({ lane, enteredMs }: Ticket<J>, rank: number): number {
    return enteredMs + this.#classPatienceMs * (lane.rank - rank + 1);
  }

  #isFirst(one: Turn<J>, other: Turn<J>): boolean {
    if (!this.#isFifo) {
      if (one.service !== other.service) return one.service < other.service;
      if (one.running !== other.running) return one.running < other.running;
    }
    return one.arrival < other.arrival;
  }
}
