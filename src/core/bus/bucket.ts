import { ChatstreamError } from '../base/errors.js';

/** What is written under a key. */
export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /**
   * The number of this write in its bucket: 1 or more, and higher than all before. A bucket that NATS has lost with its
   * storage begins at 1 again.
   */
  readonly revision: number;
}

/** What a watcher hears. */
export type BucketEvent =
  | { readonly type: 'put'; readonly entry: Entry }
  /** It was removed. */
  | { readonly type: 'removed'; readonly key: string }
  /** It was not written again in time. */
  | { readonly type: 'expired'; readonly key: string };

export interface BucketOptions {
  /**
   * Milliseconds after which an entry disappears unless it is written again, 1000 or more; null: entries stay. It is
   * the bucket's, so all who open it must name the same.
   */
  readonly ttlMs: number | null;
}

/**
 * Entries that all members of a cluster see, and that one of several writers can win. Keys are words with dots between
 * them, such as `node.a1`; a word has letters, digits, `_`, `-`, `=` and `/`.
 *
 * All methods reject with `cluster_unavailable` if there is no answer in time. Whether something was written is then
 * unknown.
 */
export interface Bucket {
  /** A value may have so many bytes; a longer one is not written. It follows from `Bus.maxPayloadBytes`. */
  readonly maxValueBytes: number;
  get(key: string): Promise<Entry | null>;
  /** @param selection a key; words that end with a dot, for all keys that begin so; or the empty string, for all keys */
  list(selection: string): Promise<Entry[]>;
  /** Writes whatever is there. Its time to live begins anew. @returns the new revision */
  put(key: string, value: Uint8Array): Promise<number>;
  /** @returns the new revision; null if the key exists */
  create(key: string, value: Uint8Array): Promise<number | null>;
  /** @returns the new revision; null if the entry no longer has this revision, or is gone */
  update(key: string, value: Uint8Array, revision: number): Promise<number | null>;
  /** @returns false if the entry no longer has the given revision, or is gone; without a revision, always true */
  remove(key: string, revision?: number): Promise<boolean>;
  /**
   * Tells every entry that is there, then every change, in order. Of writes that follow each other fast, or while the
   * connection is lost, it may tell only the last; after a lost connection it tells again what it told before. An entry
   * has expired when it is gone from the bucket, which may be told a second late.
   *
   * @param selection as for {@link list}
   * @returns ends it
   */
  watch(selection: string, onEvent: (event: BucketEvent) => void): () => void;
}

/** Room for the headers of a write, which are shorter by far. */
const mostWriteHeaderBytes = 512;

/** @param maxPayloadBytes of the bus. @returns {@link Bucket.maxValueBytes} */
export function mostValueBytes(maxPayloadBytes: number): number {
  return maxPayloadBytes - mostWriteHeaderBytes;
}

/** @returns what the bus must take so that a value may have so many bytes */
export function payloadBytesFor(valueBytes: number): number {
  return valueBytes + mostWriteHeaderBytes;
}

const keyPattern = /^[-/=\w]+(\.[-/=\w]+)*$/;

/** @throws ChatstreamError `internal` for a key that NATS would refuse */
export function checkKey(key: string): void {
  if (!keyPattern.test(key)) throw new ChatstreamError('internal', `"${key}" cannot be a key of a bucket.`);
}

/** @throws ChatstreamError `internal` for a selection of {@link Bucket.list} that NATS would refuse */
export function checkSelection(selection: string): void {
  if (selection !== '') checkKey(selection.endsWith('.') ? selection.slice(0, -1) : selection);
}
