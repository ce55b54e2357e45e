import type { CancelTimer, Clock } from '../../base/clock.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import { RecentlyUsed } from '../../base/recently-used.js';
import type { Bus } from '../../bus/bus.js';
import { BusReach } from './bus-reach.js';
import { Channel, type ChannelEnds, type ChannelTimes, usualTimes } from './channel.js';
import { decodeEnvelope, encodeEnvelope, type Header, peerSubject, schemaVersion } from './envelope.js';

export interface PeerOptions {
  readonly bus: Bus;
  /** A name that no other process has: letters and digits. */
  readonly id: string;
  readonly clock: Clock;
  readonly times?: ChannelTimes;
}

/** How often the channels are checked, in milliseconds. */
const tickMs = 100;

/** A running process lets less time than this pass between two checks, in milliseconds; otherwise it was asleep. */
const asleepMs = 1000;

/** Number of ended channels that are remembered, so that late messages do not open them again. */
const mostEnded = 10_000;

const nothing = new Uint8Array(0);

/**
 * One process of the cluster on the bus: opens channels to others, and accepts those that others open. A channel to
 * itself works the same, but its messages do not go over the bus.
 */
export class Peer {
  readonly id: string;
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #times: ChannelTimes;
  readonly #channels = new Map<string, Channel>();
  readonly #ended = new RecentlyUsed<true>(mostEnded);
  readonly #acceptors = new Map<string, (channel: Channel) => void>();
  readonly #foreigners = new Emitter<number>();
  readonly #reach: BusReach;
  readonly #foreignVersions = new Set<number>();
  readonly #unsubscribe: () => void;
  #opened = 0;
  #tickedMs: number;
  #isClosed = false;
  #cancelTick: CancelTimer = () => undefined;

  constructor({ bus, id, clock, times = usualTimes }: PeerOptions) {
    this.id = id;
    this.#bus = bus;
    this.#clock = clock;
    this.#times = times;
    this.#tickedMs = clock.now();
    this.#reach = new BusReach({ bus, id, clock, times });
    // Subscribed first, so that channels send again before others are told that they can.
    this.#reach.changes((isReached) => {
      if (isReached) for (const channel of [...this.#channels.values()]) channel.reconnected();
    });
    this.#unsubscribe = bus.subscribe(peerSubject(id), ({ data }) => {
      this.#take(data);
    });
    this.#tick();
  }

  /** Whether the bus can be reached, as far as is known. */
  get isConnected(): boolean {
    return this.#reach.isReached;
  }

  /** Whether the bus can be reached, when that changes. */
  get connection(): Subscribable<boolean> {
    return this.#reach.changes;
  }

  /** Versions of messages that are not understood, each once. */
  get foreigners(): Subscribable<number> {
    return this.#foreigners.subscribe;
  }

  /** Opens a channel. Whether there is a process at the other end shows later. */
  open(remote: string, purpose: string): Channel {
    this.#opened += 1;
    return this.#newChannel({ id: `${this.id}-${this.#opened}`, isOpener: true, remote, purpose });
  }

  /** Accepts the channels that others open for a purpose. @returns a function that ends this; open channels stay */
  accept(purpose: string, onOpened: (channel: Channel) => void): () => void {
    this.#acceptors.set(purpose, onOpened);
    return () => {
      if (this.#acceptors.get(purpose) === onOpened) this.#acceptors.delete(purpose);
    };
  }

  /** Ends all channels. */
  close(): void {
    this.#cancelTick();
    for (const channel of [...this.#channels.values()]) channel.close();
    this.#unsubscribe();
    this.#reach.close();
    this.#isClosed = true;
  }

  #newChannel(ends: Pick<ChannelEnds, 'id' | 'isOpener' | 'remote' | 'purpose'>): Channel {
    const key = keyOf(ends);
    const channel = new Channel({
      ...ends,
      ...{ maxPayloadBytes: this.#bus.maxPayloadBytes, clock: this.#clock, times: this.#times },
      transmit: (header, body) => {
        this.#send(ends.remote, header, body);
      },
      onClosed: () => {
        this.#channels.delete(key);
        this.#ended.set(key, true);
      },
    });
    this.#channels.set(key, channel);
    return channel;
  }

  #send(remote: string, header: Omit<Header, 'version' | 'from'>, body: Uint8Array): void {
    // Anything that NATS would keep until the connection is back is sent again anyway.
    if (!this.isConnected) return;
    const whole: Header = { version: schemaVersion, from: this.id, ...header };
    if (remote === this.id) this.#sendToItself(whole, body);
    else this.#bus.publish(peerSubject(remote), encodeEnvelope(whole, body));
  }

  /** A front that holds the line talks to itself: over NATS, each of the two trips would take about 0.4 ms. */
  #sendToItself(header: Header, body: Uint8Array): void {
    queueMicrotask(() => {
      if (this.isConnected && !this.#isClosed) this.#takeMessage(header, body);
    });
  }

  #take(data: Uint8Array): void {
    this.#reach.heard();
    const incoming = decodeEnvelope(data);
    switch (incoming.type) {
      case 'message':
        this.#takeMessage(incoming.header, incoming.body);
        return;
      case 'foreign':
        if (!this.#foreignVersions.has(incoming.version)) {
          this.#foreignVersions.add(incoming.version);
          this.#foreigners.emit(incoming.version);
        }
        for (const isOpener of [true, false]) {
          const key = keyOf({ remote: incoming.from, id: incoming.channel, isOpener });
          this.#channels.get(key)?.end('foreign');
        }
        return;
      case 'unreadable':
        return;
    }
  }

  #takeMessage(header: Header, body: Uint8Array): void {
    const { from: remote, channel: id, byOpener, purpose, content } = header;
    const ends = { id, isOpener: !byOpener, remote, purpose };
    const known = this.#channels.get(keyOf(ends));
    if (known !== undefined) {
      known.take(header, body);
      return;
    }
    // The first piece may arrive after the second. Processes do not come back under the same name, so the channel is
    // either new or over.
    const accept = byOpener && this.#ended.get(keyOf(ends)) === undefined ? this.#acceptors.get(purpose) : undefined;
    if (content.type === 'closed') this.#ended.set(keyOf(ends), true);
    else if (accept === undefined) this.#refuse(header);
    else if (content.type === 'piece') {
      const channel = this.#newChannel(ends);
      accept(channel);
      channel.take(header, body);
    }
  }

  #refuse({ from, channel, byOpener, purpose }: Header): void {
    const header = { channel, byOpener: !byOpener, purpose, received: 0, content: { type: 'closed' as const } };
    this.#send(from, header, nothing);
  }

  #look(nowMs: number): void {
    this.#reach.look(nowMs);
    // Silence says nothing about others while this process receives nothing.
    if (this.isConnected) for (const channel of [...this.#channels.values()]) channel.tick();
  }

  #tick(): void {
    const nowMs = this.#clock.now();
    // After a sleep, messages that have arrived in the meantime are read first.
    if (nowMs - this.#tickedMs < asleepMs) this.#look(nowMs);
    this.#tickedMs = nowMs;
    this.#cancelTick = this.#clock.schedule(tickMs, () => {
      this.#tick();
    });
  }
}

function keyOf({ remote, id, isOpener }: Pick<ChannelEnds, 'remote' | 'id' | 'isOpener'>): string {
  return `${remote} ${id} ${isOpener ? 'out' : 'in'}`;
}
