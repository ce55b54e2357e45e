/** A place in a {@link WaitingLine}. Opaque to its holder. */
export interface Place<T> {
  readonly item: T;
  /** Where it stands in the line's storage; −1 once it has left. Moves when the line makes room. */
  index: number;
}

const smallestCapacity = 64;

/**
 * A first-in-first-out line in which anyone may leave from anywhere and everyone can ask for their position.
 *
 * Places are kept in order of arrival; those that were left stay empty until the storage is full, and a Fenwick tree
 * (P. M. Fenwick, 1994) counts the taken ones before any of them. Entering, leaving and asking cost O(log n); making room
 * costs O(n) once in at least n/2 entries.
 */
export class WaitingLine<T> {
  #places: (Place<T> | undefined)[] = new Array<undefined>(smallestCapacity).fill(undefined);
  /** One-based Fenwick tree over `#places`: 1 where somebody stands. */
  #counts = new Uint32Array(smallestCapacity + 1);
  #head = 0;
  #tail = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The one whose turn is next. */
  get first(): T | undefined {
    return this.#firstPlace()?.item;
  }

  /** Joins at the end. */
  enter(item: T): Place<T> {
    if (this.#tail === this.#places.length) this.#makeRoom();
    const place: Place<T> = { item, index: this.#tail };
    this.#places[this.#tail] = place;
    this.#add(this.#tail, 1);
    this.#tail += 1;
    this.#size += 1;
    return place;
  }

  /** Takes out the one whose turn it is. */
  next(): T | undefined {
    const place = this.#firstPlace();
    if (place === undefined) return undefined;
    this.leave(place);
    return place.item;
  }

  /** Leaves from anywhere. @returns false if the place had been left before */
  leave(place: Place<T>): boolean {
    if (place.index < 0) return false;
    this.#places[place.index] = undefined;
    this.#add(place.index, -1);
    this.#size -= 1;
    place.index = -1;
    return true;
  }

  /** 1 for the one whose turn is next; 0 for one who has left. */
  position(place: Place<T>): number {
    let sum = 0;
    for (let node = place.index + 1; node > 0; node -= node & -node) sum += this.#counts[node] ?? 0;
    return sum;
  }

  /** Everyone, in order. */
  *[Symbol.iterator](): Generator<T> {
    for (let index = this.#head; index < this.#tail; index += 1) {
      const place = this.#places[index];
      if (place !== undefined) yield place.item;
    }
  }

  #firstPlace(): Place<T> | undefined {
    if (this.#size === 0) return undefined;
    let place = this.#places[this.#head];
    while (place === undefined) {
      this.#head += 1;
      place = this.#places[this.#head];
    }
    return place;
  }

  #add(index: number, amount: 1 | -1): void {
    for (let node = index + 1; node < this.#counts.length; node += node & -node) {
      this.#counts[node] = (this.#counts[node] ?? 0) + amount;
    }
  }

  /** Closes the gaps, and doubles the storage if that leaves it more than half full. */
  #makeRoom(): void {
    const taken = this.#places.filter((place) => place !== undefined);
    let capacity = smallestCapacity;
    while (capacity < taken.length * 2) capacity *= 2;
    this.#places = new Array<undefined>(capacity).fill(undefined);
    this.#counts = new Uint32Array(capacity + 1);
    taken.forEach((place, index) => {
      place.index = index;
      this.#places[index] = place;
      this.#counts[index + 1] = 1;
    });
    // Building the tree bottom-up is linear: each node hands its sum to its parent once.
    for (let node = 1; node <= capacity; node += 1) {
      const parent = node + (node & -node);
      if (parent <= capacity) this.#counts[parent] = (this.#counts[parent] ?? 0) + (this.#counts[node] ?? 0);
    }
    this.#head = 0;
    this.#tail = taken.length;
  }
}
