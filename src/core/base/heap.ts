/** An item that can be in a {@link Heap}, but only in one at a time. */
export interface HeapItem {
  /** Its place in the heap; −1 while it is not in one. Set by the heap only. */
  heapIndex: number;
}

/**
 * A binary heap whose items know their places, so that an item can leave from anywhere, or move when its order has
 * changed, in O(log n).
 */
export class Heap<T extends HeapItem> {
  readonly #items: T[] = [];
  readonly #isBefore: (one: T, other: T) => boolean;

  constructor(isBefore: (one: T, other: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** Ignores an item that is not in the heap. */
  remove(item: T): void {
    const index = item.heapIndex;
    if (index < 0) return;
    item.heapIndex = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#settle(last, index);
  }

  /** Must be called when the order of an item has changed. Ignores an item that is not in the heap. */
  moved(item: T): void {
    if (item.heapIndex >= 0) this.#settle(item, item.heapIndex);
  }

  #settle(item: T, index: number): void {
    this.#rise(item, index);
    if (item.heapIndex === index) this.#sink(item, index);
  }

  #rise(item: T, from: number): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >>> 1;
      const other = this.#items[above];
      if (other === undefined || !this.#isBefore(item, other)) break;
      this.#put(other, index);
      index = above;
    }
    this.#put(item, index);
  }

  #sink(item: T, from: number): void {
    let index = from;
    for (;;) {
      const below = this.#firstBelow(index);
      const other = this.#items[below];
      if (other === undefined || !this.#isBefore(other, item)) break;
      this.#put(other, index);
      index = below;
    }
    this.#put(item, index);
  }

  #firstBelow(index: number): number {
    const left = 2 * index + 1;
    const one = this.#items[left];
    const other = this.#items[left + 1];
    return one !== undefined && other !== undefined && this.#isBefore(other, one) ? left + 1 : left;
  }

  #put(item: T, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }
}
