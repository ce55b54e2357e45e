/** So that all of it stays in the processor's cache: 32 KiB. */
const mostCells = 4096;

/**
 * Numbers at places, and the sum of those before any place, both in O(log n): a Fenwick tree. With more than 4096
 * places, several consecutive ones form one cell, and numbers in the same cell do not count as before each other.
 */
export class PrefixSums {
  readonly #tree: Float64Array;
  readonly #shift: number;

  /** @param capacity a power of two */
  constructor(capacity: number) {
    this.#shift = Math.max(0, Math.log2(capacity / mostCells));
    this.#tree = new Float64Array(Math.min(capacity, mostCells) + 1);
  }

  /** Adds to the number at a place; negative to take away. */
  add(place: number, amount: number): void {
    for (let node = (place >>> this.#shift) + 1; node < this.#tree.length; node += node & -node) {
      this.#tree[node] = (this.#tree[node] ?? 0) + amount;
    }
  }

  /** The sum of the numbers at all places before this one. */
  before(place: number): number {
    let sum = 0;
    for (let node = place >>> this.#shift; node > 0; node -= node & -node) sum += this.#tree[node] ?? 0;
    return sum;
  }
}
