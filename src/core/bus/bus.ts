import type { Subscribable } from '../base/emitter.js';
import type { Bucket, BucketOptions } from './bucket.js';

/** A message as it arrives. */
export interface BusMessage {
  readonly data: Uint8Array;
  /** Answers a {@link Bus.request}. Does nothing if the sender expects no answer. */
  readonly reply: (data: Uint8Array) => void;
}

/** What happens to the connection. A lost connection is reopened, however long that takes. */
export type BusStatus =
  | { readonly type: 'lost' }
  | { readonly type: 'back' }
  /** Why a lost connection cannot be reopened, once that is known, and each time that it changes. */
  | ({ readonly type: 'unreachable' } & Obstacle)
  /** An error such as a subject that this user may not use. The same one is reported once in ten minutes. */
  | { readonly type: 'error'; readonly message: string }
  | ({ readonly type: 'fault' } & BusFault);

/** Why there is no connection. */
export interface Obstacle {
  /** For each server. */
  readonly reason: string;
  /** A server was reached, but does not accept this user. */
  readonly isRefusal: boolean;
}

/** A message that this process could not send or process. Later messages are sent and processed. */
export interface BusFault {
  readonly message: string;
  /** Whatever was thrown. */
  readonly error: unknown;
}

/**
 * Carries messages between processes. A message arrives at everyone who subscribes to its subject at that moment. It
 * may also be lost, arrive late or arrive twice, so senders ask again, and receivers can be asked again.
 */
export interface Bus {
  /** The maximum number of bytes of a message, including headers. Another NATS server may accept another number. */
  readonly maxPayloadBytes: number;
  /** Sends a message. While the connection is lost, it is kept for a while, or lost. One that is too long is lost. */
  publish(subject: string, data: Uint8Array): void;
  /** @returns a function that ends the subscription */
  subscribe(subject: string, onMessage: (message: BusMessage) => void): () => void;
  /** Sends a message, and waits for one answer. Null if there is none in time, for whatever reason. Never rejects. */
  request(subject: string, data: Uint8Array, timeoutMs: number): Promise<Uint8Array | null>;
  /**
   * Opens the bucket of this name, and creates it if it does not exist. A name has letters, digits, `_` and `-`.
   *
   * @throws ChatstreamError `cluster_unavailable` if NATS does not answer, stores no buckets, or has this one with
   *   another time to live
   */
  bucket(name: string, options: BucketOptions): Promise<Bucket>;
  readonly onStatus: Subscribable<BusStatus>;
  /** Sends pending messages, and ends the connection. */
  close(): Promise<void>;
}
