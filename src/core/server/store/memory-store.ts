import type { Clock } from '../../base/clock.js';
import { tooLargeToKeepError } from '../../base/refusals/refusals.js';
import { type Storage, type Store, type StoreLimits, ttlOf } from './store.js';

/** Besides the time of --store-ttl. A turn of a chat takes some kilobytes. Stated in docs/api.md as well. */
const mostValues = 10_000;
const mostBytes = 128 * 1024 ** 2;

/** Keeps values for as long as this process lives. */
export function memoryStorage(ttlMs: number, clock: Clock): Storage {
  return {
    collection: (name) => new MemoryStore({ mostValues, mostBytes, ttlMs: ttlOf(name, ttlMs) }, clock),
    close: () => Promise.resolve(),
  };
}

interface Entry<T> {
  readonly value: T;
  readonly bytes: number;
  usedMs: number;
}

/**
 * A store in this process's memory. If it is full, the least recently used values are dropped. A value that is too
 * large for the whole store is refused.
 */
export class MemoryStore<T> implements Store<T> {
  readonly #limits: StoreLimits;
  readonly #clock: Clock;
  /** In the order of their last use, which is the order in which they expire and are evicted. */
  readonly #entries = new Map<string, Entry<T>>();
  /** The same, in the order in which they came. */
  readonly #listed = new Map<string, Entry<T>>();
  #bytes = 0;
  #isSweeping = false;

  constructor(limits: StoreLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(id: string): Promise<T | null> {
    this.#dropExpired();
    const entry = this.#entries.get(id);
    if (entry === undefined) return Promise.resolve(null);
    entry.usedMs = this.#clock.now();
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    return Promise.resolve(entry.value);
  }

  set(id: string, value: T): Promise<void> {
    const bytes = weightOf(value);
    if (bytes > this.#limits.mostBytes) return Promise.reject(tooLargeToKeepError());
    const entry = { value, bytes, usedMs: this.#clock.now() };
    this.#bytes += bytes - (this.#entries.get(id)?.bytes ?? 0);
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    // An entry of a map that is set again keeps its place.
    this.#listed.set(id, entry);
    this.#dropExpired();
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.mostValues && this.#bytes <= this.#limits.mostBytes) break;
      this.#drop(oldest);
    }
    this.#sweepLater();
    return Promise.resolve();
  }

  delete(id: string): Promise<boolean> {
    this.#dropExpired();
    return Promise.resolve(this.#drop(id));
  }

  list(after: string | null, most: number): Promise<readonly T[] | null> {
    this.#dropExpired();
    if (after !== null && !this.#listed.has(after)) return Promise.resolve(null);
    const entries = [...this.#listed];
    const from = after === null ? 0 : entries.findIndex(([id]) => id === after) + 1;
    return Promise.resolve(entries.slice(from, from + most).map(([, { value }]) => value));
  }

  #drop(id: string): boolean {
    this.#bytes -= this.#entries.get(id)?.bytes ?? 0;
    this.#listed.delete(id);
    return this.#entries.delete(id);
  }

  #dropExpired(): void {
    const { ttlMs } = this.#limits;
    if (ttlMs === 0) return;
    const deadline = this.#clock.now() - ttlMs;
    for (const [id, { usedMs }] of this.#entries) {
      if (usedMs > deadline) return;
      this.#drop(id);
    }
  }

  /** Expired values must be removed even if nothing more is stored. */
  #sweepLater(): void {
    const { ttlMs } = this.#limits;
    if (this.#isSweeping || ttlMs === 0) return;
    this.#isSweeping = true;
    this.#clock.schedule(ttlMs, () => {
      this.#isSweeping = false;
      this.#dropExpired();
      if (this.#entries.size > 0) this.#sweepLater();
    });
  }
}

/** Of an entry and of the objects in a value of usual size. */
const overheadBytes = 2048;

/**
 * The memory that a value takes at most, roughly: each character of its JSON counts as two bytes, which texts beyond
 * Latin-1 need. Measured on Node.js 20 with responses: 2.8 KB of heap where 5.1 KB are counted, 42 KB where it is 84 KB, and 6.0
 * KB with ten tools where it is 9.3 KB.
 */
function weightOf(value: unknown): number {
  return overheadBytes + 2 * JSON.stringify(value).length;
}
