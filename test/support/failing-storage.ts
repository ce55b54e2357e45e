import type { Clock } from '../../src/core/base/clock.js';
import { storageFailedError } from '../../src/core/base/refusals/refusals.js';
import { memoryStorage } from '../../src/core/server/store/memory-store.js';
import type { CollectionName, Storage, Store } from '../../src/core/server/store/store.js';

/** Keeps values in memory, unless a test lets it fail or wait. */
export class FailingStorage implements Storage {
  /** What can be done. */
  works: 'fully' | 'for reading' | 'not at all' = 'fully';
  /** Changes wait for this. */
  until: Promise<unknown> = Promise.resolve();
  /** Reading waits for this. */
  readableFrom: Promise<unknown> = Promise.resolve();
  /** Reads that wait. */
  reading = 0;
  /** Changes that wait. */
  waiting = 0;
  /** Changes that were made. */
  written = 0;
  readonly #memory: Storage;

  constructor(clock: Clock) {
    this.#memory = memoryStorage(0, clock);
  }

  collection<T>(name: CollectionName, isValue: (value: unknown) => value is T): Store<T> {
    const store = this.#memory.collection(name, isValue);
    const change = async <R>(work: () => Promise<R>): Promise<R> => {
      this.waiting += 1;
      await this.until;
      this.waiting -= 1;
      if (this.works !== 'fully') throw storageFailedError();
      this.written += 1;
      return work();
    };
    return {
      get: async (id) => {
        this.reading += 1;
        await this.readableFrom;
        this.reading -= 1;
        if (this.works === 'not at all') throw storageFailedError();
        return await store.get(id);
      },
      set: (id, value) => change(() => store.set(id, value)),
      list: (after, most) => store.list(after, most),
      delete: (id) => change(() => store.delete(id)),
    };
  }

  close(): Promise<void> {
    return this.#memory.close();
  }
}
