/** Keeps values by their ids, within limits: what has not been used for a long time may be gone. */
export interface Store<T> {
  /** The value, or null if it is not, or no longer, kept. Getting a value is using it. */
  get(id: string): T | null;
  /** Keeps a value, instead of the one with the same id if there is one. */
  set(id: string, value: T): void;
  /** @returns whether there was such a value */
  delete(id: string): boolean;
}
