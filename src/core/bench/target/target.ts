import type { TargetDescription } from '../../measurement/result-schema.js';
import type { BucketCounts } from '../../measurement/buckets.js';
import type { QueueControl } from './queue-control.js';

/** A server under load, and what can be asked of it beside the load. */
export interface Target {
  readonly description: TargetDescription;
  /** Where the requests go. */
  readonly requestsUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it understands `ignore_eos`. */
  readonly ignoresEos: boolean;
  /** How to set its max-concurrency; null if it cannot be told. */
  readonly queue: QueueControl | null;
  /** Its own histogram of queue waits as it is now; null if it has none, or does not show it. */
  readQueueWait(): Promise<BucketCounts | null>;
  /**
   * Puts back what was changed, and ends the server if it was started for the bench. Never rejects: a measurement is not
   * lost because of it.
   *
   * @returns what could not be put back, in a sentence; null if nothing is left to do
   */
  close(): Promise<string | null>;
}
