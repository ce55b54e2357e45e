/** A map of limited size that drops the value that was set least recently. */
export class RecentlyUsed<T> {
  readonly #capacity: number;
  readonly #onForgotten: (key: string) => void;
  readonly #values = new Map<string, T>();

  /** @param onForgotten called after a value was dropped for lack of room */
  constructor(capacity: number, onForgotten: (key: string) => void = () => undefined) {
    this.#capacity = capacity;
    this.#onForgotten = onForgotten;
  }

  get size(): number {
    return this.#values.size;
  }

  /** The least recently set first. */
  get keys(): Iterable<string> {
    return this.#values.keys();
  }

  get(key: string): T | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: T): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size <= this.#capacity || oldest === undefined) return;
    this.#values.delete(oldest);
    this.#onForgotten(oldest);
  }

  delete(key: string): void {
    this.#values.delete(key);
  }

  clear(): void {
    this.#values.clear();
  }
}
