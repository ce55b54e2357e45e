import type { Clock } from '../../src/core/base/clock.js';
import { Emitter } from '../../src/core/base/emitter.js';
import type { Random } from '../../src/core/base/random.js';
import type { Bucket, BucketOptions } from '../../src/core/bus/bucket.js';
import type { Bus, BusMessage, BusStatus } from '../../src/core/bus/bus.js';
import { MemoryBucket, MemoryStore, type MemoryWatch } from './memory-bucket.js';
import { Sleeper } from './sleeper.js';

/** What may happen to a message on its way. */
export interface Weather {
  /** Milliseconds that a message takes at least, and at most. */
  readonly delayMs: readonly [number, number];
  /** Shares of the messages, 0 to 1. */
  readonly lost: number;
  readonly repeated: number;
}

/** `deaf`: nothing reaches a process; `mute`: nothing leaves it; `both`: as when the server hangs. */
export type Silence = 'none' | 'deaf' | 'mute' | 'both';

const fairWeather: Weather = { delayMs: [1, 1], lost: 0, repeated: 0 };

/** NATS in this process, in virtual time: messages take their time, and some are lost or come twice. */
export class MemoryNetwork {
  weather: Weather = fairWeather;
  /** What was sent. */
  readonly sent = { messages: 0, bytes: 0, largest: 0 };
  readonly clock: Clock;
  readonly #random: Random;
  readonly #buses = new Set<MemoryBus>();
  readonly #stores = new Map<string, MemoryStore>();
  #inboxes = 0;

  constructor(clock: Clock, random: Random) {
    this.clock = clock;
    this.#random = random;
  }

  /** A connection of one process. */
  connect(maxPayloadBytes = 1024 * 1024): MemoryBus {
    const bus = new MemoryBus(this, maxPayloadBytes);
    this.#buses.add(bus);
    return bus;
  }

  newInbox(): string {
    this.#inboxes += 1;
    return `_INBOX.${this.#inboxes}`;
  }

  /** The bucket of this name, which is made at its first use. */
  store(name: string, options: BucketOptions): MemoryStore {
    const store = this.#stores.get(name) ?? new MemoryStore(this, options);
    this.#stores.set(name, store);
    if (store.ttlMs !== options.ttlMs) throw new Error(`${name} keeps entries for ${store.ttlMs ?? 'ever'} ms`);
    return store;
  }

  /**
   * A way between a process and the server, which what travels may not survive.
   *
   * @param silence of the process, in which nothing goes this way
   */
  travel(bus: MemoryBus, silence: 'deaf' | 'mute', arrive: () => void): void {
    if (bus.isCut || bus.is(silence) || this.#random() < this.weather.lost) return;
    this.clock.schedule(this.delayMs(), () => {
      if (bus.isCut) return;
      if (silence === 'deaf') bus.sleeper.run(arrive);
      else arrive();
    });
  }

  delayMs(): number {
    const [least, most] = this.weather.delayMs;
    return least + this.#random() * (most - least);
  }

  /** @param inbox where the sender waits for an answer; null if it wants none */
  send(from: MemoryBus, subject: string, data: Uint8Array, inbox: string | null): void {
    if (data.length > from.maxPayloadBytes) throw new Error(`a message of ${data.length} bytes to ${subject}`);
    this.sent.messages += 1;
    this.sent.bytes += data.length;
    this.sent.largest = Math.max(this.sent.largest, data.length);
    if (from.isCut || from.is('mute')) return;
    if (this.#random() < this.weather.lost) return;
    const copies = this.#random() < this.weather.repeated ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      this.clock.schedule(this.delayMs(), () => {
        for (const bus of this.#buses) bus.deliver(subject, data, inbox);
      });
    }
  }

  leave(bus: MemoryBus): void {
    this.#buses.delete(bus);
  }
}

export class MemoryBus implements Bus {
  readonly maxPayloadBytes: number;
  /** The process. */
  readonly sleeper: Sleeper;
  readonly #network: MemoryNetwork;
  readonly #status = new Emitter<BusStatus>();
  readonly #handlers = new Map<string, Set<(message: BusMessage) => void>>();
  readonly #watches = new Set<MemoryWatch>();
  #isCut = false;
  #silence: Silence = 'none';

  constructor(network: MemoryNetwork, maxPayloadBytes: number) {
    this.#network = network;
    this.maxPayloadBytes = maxPayloadBytes;
    this.sleeper = new Sleeper(network.clock);
  }

  get onStatus(): Bus['onStatus'] {
    return this.#status.subscribe;
  }

  /** While it is true, nothing reaches this connection, and nothing leaves it. */
  get isCut(): boolean {
    return this.#isCut;
  }

  set isCut(isCut: boolean) {
    if (this.#isCut === isCut) return;
    this.#isCut = isCut;
    this.#status.emit({ type: isCut ? 'lost' : 'back' });
    if (!isCut) for (const watch of this.#watches) watch.catchUp();
  }

  /** What does not get through, although nobody is told that the connection is lost. */
  get silence(): Silence {
    return this.#silence;
  }

  set silence(silence: Silence) {
    this.#silence = silence;
    if (!this.is('deaf')) for (const watch of this.#watches) watch.catchUp();
  }

  is(silence: 'deaf' | 'mute'): boolean {
    return this.#silence === silence || this.#silence === 'both';
  }

  bucket(name: string, options: BucketOptions): Promise<Bucket> {
    return Promise.resolve(new MemoryBucket(this, this.#network, this.#network.store(name, options)));
  }

  /** @returns ends the watch, which the end of the connection does as well */
  keep(watch: MemoryWatch): () => void {
    this.#watches.add(watch);
    return () => {
      watch.stop();
      this.#watches.delete(watch);
    };
  }

  publish(subject: string, data: Uint8Array): void {
    this.#network.send(this, subject, data, null);
  }

  subscribe(subject: string, onMessage: (message: BusMessage) => void): () => void {
    const all = this.#handlers.get(subject) ?? new Set();
    this.#handlers.set(subject, all.add(onMessage));
    return () => {
      all.delete(onMessage);
      if (all.size === 0) this.#handlers.delete(subject);
    };
  }

  request(subject: string, data: Uint8Array, timeoutMs: number): Promise<Uint8Array | null> {
    return new Promise((resolve) => {
      const inbox = this.#network.newInbox();
      const finish = (answer: Uint8Array | null): void => {
        stopTimer();
        unsubscribe();
        resolve(answer);
      };
      const unsubscribe = this.subscribe(inbox, (message) => {
        finish(message.data);
      });
      const stopTimer = this.#network.clock.schedule(timeoutMs, () => {
        finish(null);
      });
      this.#network.send(this, subject, data, inbox);
    });
  }

  deliver(subject: string, data: Uint8Array, inbox: string | null): void {
    if (this.isCut || this.is('deaf') || !this.#handlers.has(subject)) return;
    const reply = (answer: Uint8Array): void => {
      if (inbox !== null) this.#network.send(this, inbox, answer, null);
    };
    this.sleeper.run(() => {
      for (const handler of [...(this.#handlers.get(subject) ?? [])]) handler({ data, reply });
    });
  }

  close(): Promise<void> {
    this.#network.leave(this);
    this.#handlers.clear();
    for (const watch of this.#watches) watch.stop();
    this.#watches.clear();
    return Promise.resolve();
  }
}
