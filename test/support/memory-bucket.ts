import { Emitter } from '../../src/core/base/emitter.js';
import { ChatstreamError } from '../../src/core/base/errors.js';
import {
  type Bucket,
  type BucketEvent,
  type BucketOptions,
  checkKey,
  checkSelection,
  type Entry,
  mostValueBytes,
} from '../../src/core/bus/bucket.js';
import type { MemoryBus, MemoryNetwork } from './memory-bus.js';

/** As long as the bucket of NATS waits. */
const answerWithinMs = 2000;

/** The bucket as the server keeps it. */
export class MemoryStore {
  readonly changed = new Emitter<BucketEvent>();
  readonly ttlMs: number | null;
  readonly #network: MemoryNetwork;
  readonly #entries = new Map<string, Entry & { readonly stopTimer: () => void }>();
  #revision = 0;

  constructor(network: MemoryNetwork, { ttlMs }: BucketOptions) {
    this.#network = network;
    this.ttlMs = ttlMs;
  }

  get(key: string): Entry | null {
    const found = this.#entries.get(key);
    return found === undefined ? null : { key, value: found.value, revision: found.revision };
  }

  list(selection: string): Entry[] {
    return [...this.#entries.keys()].filter((key) => isSelected(key, selection)).flatMap((key) => this.get(key) ?? []);
  }

  /** @param revision the entry must have it; 0: there must be none; undefined: whatever is there */
  write(key: string, value: Uint8Array, revision?: number): number | null {
    const known = this.#entries.get(key);
    if (revision !== undefined && revision !== (known?.revision ?? 0)) return null;
    known?.stopTimer();
    this.#revision += 1;
    const entry = { key, value: Uint8Array.from(value), revision: this.#revision };
    const expire = (): void => {
      this.#forget(key, 'expired');
    };
    const stopTimer = this.ttlMs === null ? () => undefined : this.#network.clock.schedule(this.ttlMs, expire);
    this.#entries.set(key, { ...entry, stopTimer });
    this.changed.emit({ type: 'put', entry });
    return entry.revision;
  }

  remove(key: string, revision?: number): boolean {
    if (revision !== undefined && this.#entries.get(key)?.revision !== revision) return false;
    this.#revision += 1;
    this.#forget(key, 'removed');
    return true;
  }

  #forget(key: string, type: 'removed' | 'expired'): void {
    this.#entries.get(key)?.stopTimer();
    if (this.#entries.delete(key)) this.changed.emit({ type, key });
  }
}

function isSelected(key: string, selection: string): boolean {
  return selection === '' || selection.endsWith('.') ? key.startsWith(selection) : key === selection;
}

/** A bucket as one process sees it: questions and answers take their time, and may be lost. */
export class MemoryBucket implements Bucket {
  readonly #bus: MemoryBus;
  readonly #network: MemoryNetwork;
  readonly #store: MemoryStore;

  constructor(bus: MemoryBus, network: MemoryNetwork, store: MemoryStore) {
    this.#bus = bus;
    this.#network = network;
    this.#store = store;
  }

  get maxValueBytes(): number {
    return mostValueBytes(this.#bus.maxPayloadBytes);
  }

  get(key: string): Promise<Entry | null> {
    checkKey(key);
    return this.#ask(() => this.#store.get(key));
  }

  list(selection: string): Promise<Entry[]> {
    checkSelection(selection);
    return this.#ask(() => this.#store.list(selection));
  }

  async put(key: string, value: Uint8Array): Promise<number> {
    return (await this.#write(key, value)) ?? 0;
  }

  create(key: string, value: Uint8Array): Promise<number | null> {
    return this.#write(key, value, 0);
  }

  update(key: string, value: Uint8Array, revision: number): Promise<number | null> {
    return this.#write(key, value, revision);
  }

  remove(key: string, revision?: number): Promise<boolean> {
    checkKey(key);
    return this.#ask(() => this.#store.remove(key, revision));
  }

  watch(selection: string, onEvent: (event: BucketEvent) => void): () => void {
    checkSelection(selection);
    const watch = new MemoryWatch(this.#bus, this.#network, this.#store, selection, onEvent);
    return this.#bus.keep(watch);
  }

  #write(key: string, value: Uint8Array, revision?: number): Promise<number | null> {
    checkKey(key);
    if (value.length <= this.maxValueBytes) return this.#ask(() => this.#store.write(key, value, revision));
    return Promise.reject(new ChatstreamError('cluster_unavailable', `A value of ${value.length} bytes is too long.`));
  }

  #ask<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const stopTimer = this.#network.clock.schedule(answerWithinMs, () => {
        reject(new ChatstreamError('cluster_unavailable', 'The bucket does not answer.'));
      });
      this.#network.travel(this.#bus, 'mute', () => {
        const answer = work();
        this.#network.travel(this.#bus, 'deaf', () => {
          stopTimer();
          resolve(answer);
        });
      });
    });
  }
}

/** Unlike messages, what a watch tells arrives in order, and nothing is lost but while the connection is. */
export class MemoryWatch {
  readonly #bus: MemoryBus;
  readonly #network: MemoryNetwork;
  readonly #store: MemoryStore;
  readonly #selection: string;
  readonly #onEvent: (event: BucketEvent) => void;
  readonly #known = new Set<string>();
  readonly #unsubscribe: () => void;
  #lastArrivalMs = 0;
  #isStopped = false;

  constructor(
    bus: MemoryBus,
    network: MemoryNetwork,
    store: MemoryStore,
    selection: string,
    onEvent: (event: BucketEvent) => void,
  ) {
    this.#bus = bus;
    this.#network = network;
    this.#store = store;
    this.#selection = selection;
    this.#onEvent = onEvent;
    this.#unsubscribe = store.changed.subscribe((event) => {
      const key = event.type === 'put' ? event.entry.key : event.key;
      if (isSelected(key, selection))
        this.#send(() => {
          this.#tell(event);
        });
    });
    this.catchUp();
  }

  /** Tells what is there, and that the rest is gone. */
  catchUp(): void {
    const entries = this.#store.list(this.#selection);
    this.#send(() => {
      const keys = new Set(entries.map(({ key }) => key));
      for (const key of [...this.#known].filter((each) => !keys.has(each))) this.#tell({ type: 'expired', key });
      for (const entry of entries) this.#tell({ type: 'put', entry });
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#unsubscribe();
  }

  #send(arrive: () => void): void {
    if (this.#bus.isCut || this.#bus.is('deaf')) return;
    const { clock } = this.#network;
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, clock.now() + this.#network.delayMs());
    clock.schedule(this.#lastArrivalMs - clock.now(), () => {
      if (!this.#bus.isCut) this.#bus.sleeper.run(arrive);
    });
  }

  #tell(event: BucketEvent): void {
    if (this.#isStopped) return;
    if (event.type === 'put') this.#known.add(event.entry.key);
    else if (!this.#known.delete(event.key)) return;
    this.#onEvent(event);
  }
}
