/** Keeps values by their ids, within limits: what has not been used for a long time may be gone. */
export interface Store<T> {
  /**
   * The value, or null if it is not, or no longer, kept. Getting a value is using it.
   *
   * @throws ChatstreamError `storage_failed`
   */
  get(id: string): Promise<T | null>;
  /**
   * Keeps a value, instead of the one with the same id if there is one. Resolves when it is as safe as this store can
   * make it.
   *
   * @throws ChatstreamError `storage_failed`; what was kept before is still kept
   */
  set(id: string, value: T): Promise<void>;
  /** @returns whether there was such a value. @throws ChatstreamError `storage_failed` */
  delete(id: string): Promise<boolean>;
  /**
   * Some values in the order in which they came: one that replaces another takes its place. Listing is not using.
   *
   * @param after the id of the value before the first one; null for the beginning
   * @param most 1 or more
   * @returns null if there is no value `after`
   * @throws ChatstreamError `storage_failed`
   */
  list(after: string | null, most: number): Promise<readonly T[] | null>;
}

/** What can be kept. */
export const collectionNames = ['responses', 'conversations', 'feedback'] as const;

export type CollectionName = (typeof collectionNames)[number];

/** Feedback is collected to be used some day, so it is kept until there is no room. */
export function ttlOf(name: CollectionName, ttlMs: number): number {
  return name === 'feedback' ? 0 : ttlMs;
}

/** Of each collection. */
export interface StoreLimits {
  readonly mostValues: number;
  /** Of all values together, as the store counts them. */
  readonly mostBytes: number;
  /** How long a value is kept after it was last used, in milliseconds; 0 is unlimited. */
  readonly ttlMs: number;
}

/** Where values are kept. */
export interface Storage {
  /** @param isValue whether what was read is such a value; a store in memory does not ask */
  collection<T>(name: CollectionName, isValue: (value: unknown) => value is T): Store<T>;
  /** Nothing may be asked of it any more. Closing it again does nothing. */
  close(): Promise<void>;
}
