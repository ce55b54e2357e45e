import type { KvWatchEntry } from '@nats-io/kv';
import { systemClock } from '../base/clock.js';
import type { Subscribable } from '../base/emitter.js';
import type { BucketEvent, Entry } from './bucket.js';
import type { BusStatus } from './bus.js';

interface Entries extends AsyncIterable<KvWatchEntry> {
  stop(): void;
}

interface WatchOptions {
  readonly open: () => Promise<Entries>;
  readonly get: (key: string) => Promise<Entry | null>;
  readonly isClosed: () => boolean;
  readonly onStatus: Subscribable<BusStatus>;
  readonly ttlMs: number | null;
  readonly onEvent: (event: BucketEvent) => void;
}

interface Known {
  readonly revision: number;
  /** Null in a bucket whose entries do not expire. */
  readonly stopTimer: (() => void) | null;
}

/** Between attempts to open a watch. */
const retryEveryMs = 500;

/** A server looks for expired entries every quarter of a second. */
const lookEveryMs = 300;

/** A server that takes longer to answer stood still in between, in milliseconds. */
const promptMs = 1000;

/**
 * Reports what happens in a bucket. Servers before 2.11 do not tell watchers that an entry has expired. So the watch
 * counts the time to live itself from the last write that it saw, and then checks whether the entry is still there. Its
 * clock only determines when to check, so a process that was stopped for a while does not take others for dead.
 *
 * While the server could not be reached, or stood still, no entry could be written. Afterwards, the time to live of all
 * entries begins anew.
 *
 * After a lost connection, it reopens and gets all entries again, because the server may have lost its storage in the
 * meantime.
 */
export class NatsWatch {
  readonly #options: WatchOptions;
  readonly #known = new Map<string, Known>();
  readonly #unsubscribe: () => void;
  #entries: Entries | null = null;
  /** When the server last could not be reached, as far as is known. */
  #outageMs = -Infinity;
  #isStopped = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#unsubscribe = options.onStatus((status) => {
      if (status.type !== 'back') return;
      this.#outageMs = systemClock.now();
      this.#entries?.stop();
    });
    void this.#follow();
  }

  stop(): void {
    this.#isStopped = true;
    this.#unsubscribe();
    this.#entries?.stop();
    for (const { stopTimer } of this.#known.values()) stopTimer?.();
    this.#known.clear();
  }

  async #follow(): Promise<void> {
    while (!this.#isStopped && !this.#options.isClosed()) {
      await this.#read().catch(() => pause(retryEveryMs));
    }
  }

  /** Until the entries end, or the connection has been lost and is back. */
  async #read(): Promise<void> {
    const entries = await this.#options.open();
    this.#entries = entries;
    if (this.#isStopped) entries.stop();
    for await (const { key, value, revision, operation } of entries) {
      if (this.#isStopped) return;
      if (operation === 'PUT') this.#onPut({ key, value, revision });
      else this.#forget(key, 'removed');
    }
  }

  #onPut(entry: Entry): void {
    this.#known.get(entry.key)?.stopTimer?.();
    const { ttlMs } = this.#options;
    this.#remember(entry.key, entry.revision, ttlMs === null ? null : ttlMs + lookEveryMs);
    this.#options.onEvent({ type: 'put', entry });
  }

  #remember(key: string, revision: number, lookAfterMs: number | null): void {
    const look = (): void => void this.#look(key, revision);
    this.#known.set(key, {
      revision,
      stopTimer: lookAfterMs === null ? null : systemClock.schedule(lookAfterMs, look),
    });
  }

  async #look(key: string, revision: number): Promise<void> {
    const askedMs = systemClock.now();
    const found = await this.#options.get(key).catch(() => 'unknown' as const);
    const nowMs = systemClock.now();
    if (found === 'unknown' || nowMs - askedMs > promptMs) this.#outageMs = nowMs;
    // In the meantime, the entry may have been written again, or the watch may have ended.
    if (this.#known.get(key)?.revision !== revision || this.#options.isClosed()) return;
    const graceMs = this.#outageMs + (this.#options.ttlMs ?? 0) + lookEveryMs - nowMs;
    if (found === null && graceMs <= 0) this.#forget(key, 'expired');
    else this.#remember(key, revision, Math.max(graceMs, lookEveryMs));
  }

  #forget(key: string, type: 'removed' | 'expired'): void {
    const known = this.#known.get(key);
    if (known === undefined) return;
    known.stopTimer?.();
    this.#known.delete(key);
    this.#options.onEvent({ type, key });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    systemClock.schedule(ms, resolve);
  });
}
