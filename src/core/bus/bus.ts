import type { Subscribable } from '../base/emitter.js';
import type { Bucket, BucketOptions } from './bucket.js';

/** A message as it arrives. */
export interface BusMessage {
  readonly data: Uint8Array;
  /** Answers a {@link Bus.request}. Does nothing if the sender wants no answer. */
  readonly reply: (data: Uint8Array) => void;
}

/** What happens to the connection. A connection that is lost is opened again for as long as it takes. */
export type BusStatus =
  | { readonly type: 'lost' }
  | { readonly type: 'back' }
  /** Such as a subject that this user may not use. */
  | { readonly type: 'error'; readonly message: string }
  | ({ readonly type: 'fault' } & BusFault);

/** A message that this process could not send, or could not take. What comes after it is sent and taken. */
export interface BusFault {
  readonly message: string;
  /** Whatever was thrown. */
  readonly error: unknown;
}

/**
 * Carries messages between processes. A message arrives at everyone who subscribes to its subject at that moment; it may
 * also be lost, come late, or come twice, so senders ask again, and receivers can be asked again.
 */
export interface Bus {
  /** A message may have so many bytes, headers included. Another server of NATS may take another number. */
  readonly maxPayloadBytes: number;
  /** Sends a message. While the connection is lost, it is kept for a while, or is lost. One that is too long is lost. */
  publish(subject: string, data: Uint8Array): void;
  /** @returns ends the subscription */
  subscribe(subject: string, onMessage: (message: BusMessage) => void): () => void;
  /** Sends a message, and waits for one answer. Null if there is none in time, for whatever reason. Never rejects. */
  request(subject: string, data: Uint8Array, timeoutMs: number): Promise<Uint8Array | null>;
  /**
   * Opens the bucket of this name, and makes it if there is none. A name has letters, digits, `_` and `-`.
   *
   * @throws ChatstreamError `cluster_unavailable` if NATS does not answer, keeps no buckets, or has this one with
   *   another time to live
   */
  bucket(name: string, options: BucketOptions): Promise<Bucket>;
  readonly onStatus: Subscribable<BusStatus>;
  /** Sends what is under way, and ends the connection. */
  close(): Promise<void>;
}
