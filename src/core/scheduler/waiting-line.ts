import { RankedBits } from './ranked-bits.js';

/** What can stand in a {@link WaitingLine}, in one at a time. */
export interface Standing {
  /** Where it stands in the line's storage; −1 while it stands in none. Kept by the line. */
  place: number;
}

const smallestCapacity = 256;

/**
 * A first-in-first-out line in which anyone may leave from anywhere and everyone can ask for their position.
 *
 * Those who stand in it know their places themselves, so that nobody has to be looked up. The places are a ring in
 * order of arrival; one that was left in the middle stays empty until the ring is full, and {@link RankedBits} count the
 * taken ones before any of them. Entering, leaving and asking cost O(log n) in a tree of few nodes; making room costs
 * O(n) once in at least n/2 entries.
 */
export class WaitingLine<T extends Standing> {
  #places = emptyPlaces<T>(smallestCapacity);
  #taken = new RankedBits(smallestCapacity);
  /** The place of the first. */
  #head = 0;
  /** Places from the first to the last, empty ones included. */
  #span = 0;
  #size = 0;
  /** How many stand in places before the head: they have come round the end of the ring. */
  #wrapped = 0;

  get size(): number {
    return this.#size;
  }

  /** The one whose turn is next. */
  get first(): T | undefined {
    return this.#places[this.#head];
  }

  /** Joins at the end. */
  enter(item: T): void {
    if (this.#span === this.#places.length) this.#makeRoom();
    const place = this.#at(this.#span);
    this.#places[place] = item;
    this.#taken.set(place);
    if (place < this.#head) this.#wrapped += 1;
    this.#span += 1;
    this.#size += 1;
    item.place = place;
  }

  /** Takes out the one whose turn it is. */
  next(): T | undefined {
    const { first } = this;
    if (first !== undefined) this.leave(first);
    return first;
  }

  /** Leaves from anywhere. @returns false if it stood in no line */
  leave(item: T): boolean {
    const { place } = item;
    if (place < 0) return false;
    item.place = -1;
    this.#places[place] = undefined;
    this.#taken.clear(place);
    if (place < this.#head) this.#wrapped -= 1;
    this.#size -= 1;
    this.#closeEnds();
    return true;
  }

  /** 1 for the one whose turn is next; 0 for one who stands in no line. */
  position({ place }: T): number {
    if (place < 0) return 0;
    const before = place < this.#head ? this.#size - this.#wrapped : -this.#wrapped;
    return before + this.#taken.rank(place);
  }

  /** Everyone, in order. */
  *[Symbol.iterator](): Generator<T> {
    for (let count = 0; count < this.#span; count += 1) {
      const item = this.#places[this.#at(count)];
      if (item !== undefined) yield item;
    }
  }

  /** The place so many after the head. The capacity is a power of two. */
  #at(count: number): number {
    return (this.#head + count) & (this.#places.length - 1);
  }

  /** Moves head and end over places that were left. Each is passed once, so that this costs nothing in the long run. */
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

  /** Closes the gaps, and doubles the storage if that leaves it more than half full. */
  #makeRoom(): void {
    let capacity = smallestCapacity;
    while (capacity < this.#size * 2) capacity *= 2;
    const places = emptyPlaces<T>(capacity);
    let end = 0;
    for (let count = 0; count < this.#span; count += 1) {
      const item = this.#places[this.#at(count)];
      if (item === undefined) continue;
      item.place = end;
      places[end] = item;
      end += 1;
    }
    this.#places = places;
    this.#taken = new RankedBits(capacity, end);
    this.#head = 0;
    this.#span = end;
    this.#wrapped = 0;
  }
}

function emptyPlaces<T>(capacity: number): (T | undefined)[] {
  return new Array<undefined>(capacity).fill(undefined);
}
