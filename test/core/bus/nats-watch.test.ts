import type { KvWatchEntry } from '@nats-io/kv';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Emitter } from '../../../src/core/base/emitter.js';
import type { Entry } from '../../../src/core/bus/bucket.js';
import type { BusStatus } from '../../../src/core/bus/bus.js';
import { NatsWatch } from '../../../src/core/bus/nats-watch.js';

const value = new Uint8Array(0);

/** A watch of a bucket whose entries live for 5 s, and the key `a` in it. */
class Watched {
  readonly status = new Emitter<BusStatus>();
  readonly heard: string[] = [];
  /** What the server answers when it is asked for the entry. */
  get: () => Promise<Entry | null> = () => Promise.resolve(null);
  readonly watch: NatsWatch;
  #revision = 0;
  #wake: () => void = () => undefined;
  #written: KvWatchEntry[] = [];
  #isStopped = false;

  constructor() {
    this.watch = new NatsWatch({
      open: () => Promise.resolve(this.#entries()),
      get: () => this.get(),
      isClosed: () => false,
      onStatus: this.status.subscribe,
      ttlMs: 5000,
      onEvent: (event) => this.heard.push(event.type),
    });
  }

  async write(): Promise<void> {
    this.#revision += 1;
    this.#written.push({ key: 'a', value, revision: this.#revision, operation: 'PUT' } as KvWatchEntry);
    this.#wake();
    await vi.advanceTimersByTimeAsync(1);
  }

  #entries(): AsyncIterable<KvWatchEntry> & { stop: () => void } {
    this.#isStopped = false;
    return {
      [Symbol.asyncIterator]: () => this.#read(),
      stop: () => {
        this.#isStopped = true;
        this.#wake();
      },
    };
  }

  async *#read(): AsyncGenerator<KvWatchEntry> {
    while (!this.#isStopped) {
      yield* this.#written.splice(0);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

describe('a watch of a bucket whose entries expire', () => {
  let watched: Watched;
  beforeEach(async () => {
    vi.useFakeTimers();
    watched = new Watched();
    await watched.write();
  });
  afterEach(() => {
    watched.watch.stop();
    vi.useRealTimers();
  });

  it('reports an entry that is not written again', async () => {
    await vi.advanceTimersByTimeAsync(5200);
    expect(watched.heard).toEqual(['put']);
    await vi.advanceTimersByTimeAsync(200);
    expect(watched.heard).toEqual(['put', 'expired']);
  });

  it('gives an entry that expired during an outage the same time again to be written', async () => {
    await vi.advanceTimersByTimeAsync(1000);
    watched.status.emit({ type: 'lost' });
    let answer: (entry: null) => void = () => undefined;
    watched.get = () => new Promise((resolve) => (answer = resolve));
    await vi.advanceTimersByTimeAsync(5000);
    watched.status.emit({ type: 'back' });
    // The question was sent once the connection was back, and the entry is gone.
    watched.get = () => Promise.resolve(null);
    answer(null);
    await vi.advanceTimersByTimeAsync(5000);
    expect(watched.heard).toEqual(['put']);
    await watched.write();
    expect(watched.heard).toEqual(['put', 'put']);
  });

  it('reports an entry that is still not written some time after an outage', async () => {
    await vi.advanceTimersByTimeAsync(1000);
    watched.status.emit({ type: 'lost' });
    await vi.advanceTimersByTimeAsync(1000);
    watched.status.emit({ type: 'back' });
    await vi.advanceTimersByTimeAsync(5200);
    expect(watched.heard).toEqual(['put']);
    await vi.advanceTimersByTimeAsync(200);
    expect(watched.heard).toEqual(['put', 'expired']);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('no answer within 2000 ms'))],
    ['is slow', () => new Promise<null>((resolve) => setTimeout(resolve, 1500, null))],
  ])('counts as an outage that a question %s', async (_name, get) => {
    watched.get = get;
    await vi.advanceTimersByTimeAsync(5400);
    watched.get = () => Promise.resolve(null);
    await vi.advanceTimersByTimeAsync(5000);
    expect(watched.heard).toEqual(['put']);
    await vi.advanceTimersByTimeAsync(2500);
    expect(watched.heard).toEqual(['put', 'expired']);
  });
});
