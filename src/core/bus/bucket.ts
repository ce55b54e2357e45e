import { ChatstreamError } from '../base/errors.js';

/** The value under a key. */
export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /**
   * The number of this write in its bucket: at least 1, and higher than all before. If NATS has lost a bucket with its
   * storage, numbers begin at 1 again.
   */
  readonly revision: number;
}

/** What a watcher is told. */
export type BucketEvent =
  | { readonly type: 'put'; readonly entry: Entry }
  /** The entry was removed. */
  | { readonly type: 'removed'; readonly key: string }
  /** The entry was not written again in time. */
  | { readonly type: 'expired'; readonly key: string };

export interface BucketOptions {
  /**
   * Milliseconds after which an entry disappears unless it is written again, at least 1000; null: entries stay. It
   * belongs to the bucket, so everyone who opens it must pass the same value.
   */
  readonly ttlMs: number | null;
}

/**
 * Entries that all members of a cluster see, and for which several writers can compete. Keys are words with dots
 * between them, such as `node.a1`; a word has letters, digits, `_`, `-`, `=` and `/`.
 *
 * All methods reject with `cluster_unavailable` if there is no answer in time. It is then unknown whether anything was
 * written.
 */
export interface Bucket {
  /** The maximum number of bytes of a value; a longer one is not written. It follows from `Bus.maxPayloadBytes`. */
  readonly maxValueBytes: number;
  get(key: string): Promise<Entry | null>;
  /**
   * @param selection a key; words that end with a dot, for all keys that begin with them; or the empty string, for all
   *   keys
   */
  list(selection: string): Promise<Entry[]>;
  /** Writes the value, whatever is there. Its time to live starts again. @returns the new revision */
  put(key: string, value: Uint8Array): Promise<number>;
  /** @returns the new revision; null if the key exists */
  create(key: string, value: Uint8Array): Promise<number | null>;
  /** @returns the new revision; null if the entry no longer has this revision, or is gone */
  update(key: string, value: Uint8Array, revision: number): Promise<number | null>;
  /** @returns false if the entry no longer has the given revision, or is gone; without a revision, always true */
  remove(key: string, revision?: number): Promise<boolean>;
  /**
   * Reports every existing entry, then every change, in order. Of writes in quick succession, or while the connection
   * is lost, it may report only the last. After a lost connection, it repeats what it reported before. An entry has
   * expired when it is gone from the bucket, which may be reported a second late.
   *
   * @param selection as for {@link list}
   * @returns a function that ends it
   */
  watch(selection: string, onEvent: (event: BucketEvent) => void): () => void;
}

/** Room for the headers of a write, which are far shorter. */
const mostWriteHeaderBytes = 512;

/** @param maxPayloadBytes of the bus. @returns {@link Bucket.maxValueBytes} */
export function mostValueBytes(maxPayloadBytes: number): number {
  return maxPayloadBytes - mostWriteHeaderBytes;
}

/** @returns what the bus must accept so that a value may have this many bytes */
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
