import type { JobLine } from './job-line.js';
import { PrefixSums } from './prefix-sums.js';
import { RankedBits } from './ranked-bits.js';

/** What can stand in a {@link WaitingLine}, in one line at a time. */
export interface Standing {
  /** Its place in the line's storage; −1 while it is not in a line. Set by the line only. */
  place: number;
  /**
   * The amount that it adds to {@link WaitingLine.workAhead} of those behind it. Set by the line only while it is in
   * one.
   */
  work: number;
  /** How many places it takes, 1 or more. */
  readonly places: number;
}

const smallestCapacity = 256;

/**
 * A first-in-first-out line that items can leave from any position and in which every item can ask for its position.
 *
 * ```text
 * place      0   1   2   3   4   5   6   7        a ring: a power of two places
 * items    │ d │ e │   │   │   │ a │   │ c │      order: a, c, d, e
 * bits       1   1   0   0   0   1   0   1        1 = taken; 6 is a gap, from where b left
 *                                ▲
 *                                head = 5         the place of the first item
 *            └───┘               └───────┘
 *            wrapped = 2         span = 5         places from the head to the last item, gaps included
 *
 * position(c) = rank(7) − wrapped = 4 − 2 = 2                      at or after the head
 * position(d) = rank(0) + size − wrapped = 1 + 4 − 2 = 3           before the head: it came round the end
 * ```
 *
 * An item that needs several places takes consecutive ones, and stands in the first of them.
 *
 * Items know their own places, so that none has to be looked up. A gap stays until the head or the end of the line passes
 * it or until the ring is full, and {@link RankedBits} count the taken places before any of them. Entering, leaving and
 * asking cost O(log n) in a tree of few nodes; making room costs O(n) once in at least n/2 entries.
 */
export class WaitingLine<T extends Standing> implements JobLine<T> {
  #places = emptyPlaces<T>(smallestCapacity);
  #taken = new RankedBits(smallestCapacity);
  /** The work of the item in each place. */
  #work = new PrefixSums(smallestCapacity);
  /** The place of the first item. */
  #head = 0;
  /** Places from the first item to the last, gaps included. */
  #span = 0;
  #size = 0;
  /** Taken places. */
  #count = 0;
  /** How many taken places have wrapped round the end of the ring, before the head. */
  #wrapped = 0;

  get size(): number {
    return this.#size;
  }

  get places(): number {
    return this.#count;
  }

  /** The item whose turn is next. */
  get first(): T | undefined {
    return this.#places[this.#head];
  }

  /** First in, first out: the same. */
  get oldest(): T | undefined {
    return this.first;
  }

  /** Adds an item at the end. */
  enter(item: T): void {
    const { places, work } = item;
    if (this.#span + places > this.#places.length) this.#makeRoom(places);
    const place = this.#at(this.#span);
    this.#places[place] = item;
    for (let taken = place, count = places; count > 0; taken = this.#after(taken), count -= 1) {
      this.#taken.set(taken);
      if (taken < this.#head) this.#wrapped += 1;
    }
    if (work !== 0) this.#work.add(place, work);
    this.#span += places;
    this.#count += places;
    this.#size += 1;
    item.place = place;
  }

  /** See `JobLine.next`. */
  next(free: number, all: number): T | undefined {
    const { first } = this;
    if (first === undefined || Math.min(first.places, all) > free) return undefined;
    this.leave(first);
    return first;
  }

  /** Removes an item from any position. @returns false if it was not in a line */
  leave(item: T): boolean {
    const { place, places, work } = item;
    if (place < 0) return false;
    item.place = -1;
    this.#places[place] = undefined;
    for (let taken = place, count = places; count > 0; taken = this.#after(taken), count -= 1) {
      this.#taken.clear(taken);
      if (taken < this.#head) this.#wrapped -= 1;
    }
    if (work !== 0) this.#work.add(place, -work);
    this.#count -= places;
    this.#size -= 1;
    this.#closeEnds();
    return true;
  }

  /** 1 and the places of all items before it; 0 for an item that is not in a line. */
  position({ place }: T): number {
    if (place < 0) return 0;
    const before = place < this.#head ? this.#count - this.#wrapped : -this.#wrapped;
    return before + this.#taken.rank(place);
  }

  /** The work of all items before this one. Rounding may leave a trace of items that have left. */
  workAhead({ place }: T): number {
    if (place < 0) return 0;
    const beforeHead = this.#work.before(this.#head);
    const before = this.#work.before(place) - beforeHead;
    return Math.max(0, place < this.#head ? this.#work.before(this.#places.length) + before : before);
  }

  weighAll(workOf: (item: T) => number): void {
    for (const item of this) {
      const work = workOf(item);
      this.#work.add(item.place, work - item.work);
      item.work = work;
    }
  }

  isLate(item: T, isLate: (position: number, workAhead: number) => boolean): boolean {
    return isLate(this.position(item), this.workAhead(item));
  }

  /** All items in order. */
  *[Symbol.iterator](): Generator<T> {
    for (let count = 0; count < this.#span; count += 1) {
      const item = this.#places[this.#at(count)];
      if (item !== undefined) yield item;
    }
  }

  #after(place: number): number {
    return (place + 1) & (this.#places.length - 1);
  }

  /** The place `count` places after the head. The capacity is a power of two. */
  #at(count: number): number {
    return (this.#head + count) & (this.#places.length - 1);
  }

  /** Moves head and end over gaps. Each gap is passed once, so the amortised cost is constant. */
  #closeEnds(): void {
    if (this.#size === 0) {
      this.#span = 0;
      return;
    }
    while (!this.#taken.has(this.#head)) {
      this.#head = this.#at(1);
      this.#span -= 1;
      if (this.#head === 0) this.#wrapped = 0;
    }
    while (!this.#taken.has(this.#at(this.#span - 1))) this.#span -= 1;
  }

  /**
   * Closes the gaps, and doubles the storage if, with this many more places, the line would still fill more than half
   * of it.
   */
  #makeRoom(more: number): void {
    let capacity = smallestCapacity;
    while (capacity < this.#count * 2 || capacity < this.#count + more) capacity *= 2;
    const places = emptyPlaces<T>(capacity);
    const work = new PrefixSums(capacity);
    let end = 0;
    for (let count = 0; count < this.#span; count += 1) {
      const item = this.#places[this.#at(count)];
      if (item === undefined) continue;
      item.place = end;
      places[end] = item;
      work.add(end, item.work);
      end += item.places;
    }
    this.#places = places;
    this.#taken = new RankedBits(capacity, end);
    this.#work = work;
    this.#head = 0;
    this.#span = end;
    this.#wrapped = 0;
  }
}

function emptyPlaces<T>(capacity: number): (T | undefined)[] {
  return new Array<undefined>(capacity).fill(undefined);
}
