import { closeSync, openSync, realpathSync } from 'node:fs';
import type { Clock } from '../../base/clock.js';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import { fileReason } from '../../base/files/file-errors.js';
import { loadTryLock } from '../../base/files/file-lock.js';
import { freeBytes } from '../../base/files/free-bytes.js';
import { items } from '../../base/json.js';
import type { Logger } from '../../base/logger.js';
import { storageFailedError } from '../../base/refusals/refusals.js';
import { FailureLog } from './failure-log.js';
import { fileProblemError } from './file-problems.js';
import { FileThread } from './file-thread.js';
import type { CollectionName, Storage, Store, StoreLimits } from './store.js';

/**
 * Besides the time of --store-ttl. If values have a few kilobytes each, both limits are reached together. Stated in
 * docs/api.md as well.
 */
const mostValues = 1_000_000;
const mostBytes = 4 * 1024 ** 3;

/** How often expired values are dropped and space is given back, in milliseconds. */
const sweepEveryMs = 60_000;

/**
 * The bytes that SQLite itself locks, and in which it never has data. With a lock on these, SQLite's own programs find
 * the database locked as well, except on Windows, where they are free to read it.
 */
const sqliteLock = { offset: 0x40000000, length: 512 };

export interface FileStorageOptions {
  readonly path: string;
  readonly ttlMs: number;
  /** For timers. */
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds since 1970, because a file outlives its process. By default the system's. */
  readonly wallClock?: () => number;
  /** Instead of the usual ones. */
  readonly limits?: Partial<StoreLimits>;
}

/**
 * Keeps values in a database file, which is created if there is none. While it is open, no other process can open it.
 *
 * @throws ChatstreamError `usage` if the file cannot be used, `storage_failed` if its disk is full
 */
export async function openFileStorage(options: FileStorageOptions): Promise<Storage> {
  const { ttlMs, limits } = options;
  const { path, descriptor } = openExclusively(options.path, await loadLock(options.path));
  try {
    const thread = new FileThread({ path, limits: { mostValues, mostBytes, ttlMs, ...limits } });
    const problem = await thread.opened;
    if (problem !== null) throw fileProblemError(options.path, problem, await freeBytes(path));
    return new FileStorage(thread, descriptor, options);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

class FileStorage implements Storage {
  readonly #thread: FileThread;
  readonly #descriptor: number;
  readonly #options: FileStorageOptions;
  readonly #failures: FailureLog;
  #cancelSweep = (): void => undefined;
  #closed: Promise<void> | null = null;

  constructor(thread: FileThread, descriptor: number, options: FileStorageOptions) {
    this.#thread = thread;
    this.#descriptor = descriptor;
    this.#options = options;
    this.#failures = new FailureLog(options);
    void this.#sweep();
  }

  collection<T>(collection: CollectionName, isValue: (value: unknown) => value is T): Store<T> {
    return {
      get: async (id) => {
        const json = await this.#attempt(() => this.#thread.ask({ type: 'get', collection, id, nowMs: this.#nowMs() }));
        if (typeof json !== 'string') return null;
        return this.#known(JSON.parse(json), isValue, id);
      },
      set: async (id, value) => {
        const json = JSON.stringify(value);
        await this.#change(() => this.#thread.ask({ type: 'set', collection, id, json, nowMs: this.#nowMs() }));
      },
      delete: async (id) =>
        (await this.#change(() => this.#thread.ask({ type: 'delete', collection, id, nowMs: this.#nowMs() }))) === true,
      list: async (after, most) => {
        const nowMs = this.#nowMs();
        const json = await this.#attempt(() => this.#thread.ask({ type: 'list', collection, after, most, nowMs }));
        if (typeof json !== 'string') return null;
        return Promise.all(
          items(JSON.parse(json)).map((value) => this.#known(value, isValue, `part of ${collection}`)),
        );
      },
    };
  }

  /** @throws ChatstreamError `storage_failed` for a value of another shape */
  #known<T>(value: unknown, isValue: (value: unknown) => value is T, name: string): Promise<T> {
    if (isValue(value)) return Promise.resolve(value);
    return this.#attempt(() => Promise.reject(new Error(`what is stored as ${name} has an unknown shape`)));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#cancelSweep();
    try {
      await this.#thread.close();
    } catch (error) {
      // Every answer is in the file already; only times of use are lost.
      this.#failures.failed(messageOf(error));
    }
    closeSync(this.#descriptor);
  }

  #nowMs(): number {
    return (this.#options.wallClock ?? Date.now)();
  }

  async #change<R>(change: () => Promise<R>): Promise<R> {
    const result = await this.#attempt(change);
    this.#failures.succeeded();
    return result;
  }

  async #attempt<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } catch (error) {
      this.#failures.failed(messageOf(error));
      throw storageFailedError();
    }
  }

  get #isOpen(): boolean {
    return this.#closed === null;
  }

  async #sweep(): Promise<void> {
    try {
      while (this.#isOpen && (await this.#thread.ask({ type: 'sweep', nowMs: this.#nowMs() })) === true);
    } catch (error) {
      if (this.#isOpen) this.#failures.failed(messageOf(error));
    }
    if (this.#isOpen) this.#cancelSweep = this.#options.clock.schedule(sweepEveryMs, () => void this.#sweep());
  }
}

type Lock = (descriptor: number) => boolean;

async function loadLock(path: string): Promise<Lock> {
  try {
    const tryLock = await loadTryLock();
    return (descriptor) => tryLock(descriptor, sqliteLock);
  } catch (error) {
    throw unusableError(path, `Files cannot be locked on this system: ${messageOf(error)}`);
  }
}

function openExclusively(given: string, lock: Lock): { readonly path: string; readonly descriptor: number } {
  let descriptor: number;
  try {
    descriptor = openSync(given, 'a+', 0o600);
  } catch (error) {
    throw unusableError(given, fileReason(error));
  }
  try {
    if (!lock(descriptor)) throw fileProblemError(given, { type: 'in_use' });
    // SQLite's log lies beside the file. It must be found again even if the file is next opened by another name.
    return { path: realpathSync(given), descriptor };
  } catch (error) {
    closeSync(descriptor);
    throw error instanceof ChatstreamError ? error : unusableError(given, fileReason(error));
  }
}

function unusableError(path: string, reason: string): ChatstreamError {
  return fileProblemError(path, { type: 'unusable', reason });
}
