import type { CancelTimer, Clock } from '../../base/clock.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import { RecentlyUsed } from '../../base/recently-used.js';
import type { Bus } from '../../bus/bus.js';
import { Channel, type ChannelEnds, type ChannelTimes, usualTimes } from './channel.js';
import { decodeEnvelope, encodeEnvelope, type Header, peerSubject, schemaVersion } from './envelope.js';

export interface PeerOptions {
  readonly bus: Bus;
  /** A name that no other process has: letters and digits. */
  readonly id: string;
  readonly clock: Clock;
  readonly times?: ChannelTimes;
}

/** How often the channels are looked after, in milliseconds. */
const tickMs = 100;

/** A process to which nothing comes sends itself a message so often, in milliseconds, to hear whether NATS still passes any on. */
const echoMs = 500;

/** Between two looks, a process that runs lets less time pass, in milliseconds; otherwise it was asleep. */
const asleepMs = 1000;

/** Channels that are remembered after their end, so that what comes late does not open them again. */
const mostEnded = 10_000;

const nothing = new Uint8Array(0);

/**
 * One process of the cluster on the bus: opens channels to others, and takes those that others open. A channel to itself works
 * the same, but its messages do not go over the bus.
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
  readonly #connection = new Emitter<boolean>();
  readonly #foreignVersions = new Set<number>();
  readonly #unsubscribe: readonly (() => void)[];
  #opened = 0;
  /** Whether the bus says that it has a connection. */
  #isBusUp = true;
  /** When something came over the bus, be it an echo. */
  #heardMs: number;
  #echoedMs: number;
  #tickedMs: number;
  #isConnected = true;
  #isClosed = false;
  #cancelTick: CancelTimer = () => undefined;

  constructor({ bus, id, clock, times = usualTimes }: PeerOptions) {
    this.id = id;
    this.#bus = bus;
    this.#clock = clock;
    this.#times = times;
    this.#heardMs = this.#echoedMs = this.#tickedMs = clock.now();
    this.#unsubscribe = [
      bus.subscribe(peerSubject(id), ({ data }) => {
        this.#take(data);
      }),
      bus.onStatus((status) => {
        if (status.type !== 'lost' && status.type !== 'back') return;
        this.#isBusUp = status.type === 'back';
        this.#heardMs = clock.now();
        this.#changeConnection(this.#isBusUp);
      }),
    ];
    this.#tick();
  }

  /**
   * Whether the bus can be reached, as far as is known. It cannot be where nothing comes over it, not even from this process
   * itself: a server that hangs, and a network that drops packets, are only noticed as a lost connection after many seconds.
   */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Whether the bus can be reached, when that changes. */
  get connection(): Subscribable<boolean> {
    return this.#connection.subscribe;
  }

  /** Versions of messages that are not understood, each once. */
  get foreigners(): Subscribable<number> {
    return this.#foreigners.subscribe;
  }

  /** Opens a channel. Whether there is anybody at the other end shows later. */
  open(remote: string, purpose: string): Channel {
    this.#opened += 1;
    return this.#newChannel({ id: `${this.id}-${this.#opened}`, isOpener: true, remote, purpose });
  }

  /** Takes the channels that others open for a purpose. @returns ends that; open channels stay */
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
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
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
    // What NATS would keep until the connection is back is sent again anyway.
    if (!this.#isConnected) return;
    const whole: Header = { version: schemaVersion, from: this.id, ...header };
    if (remote === this.id) this.#sendToItself(whole, body);
    else this.#bus.publish(peerSubject(remote), encodeEnvelope(whole, body));
  }

  /** A front that holds the line talks to itself: over NATS, each of the two ways would take about 0.4 ms. */
  #sendToItself(header: Header, body: Uint8Array): void {
    queueMicrotask(() => {
      if (this.#isConnected && !this.#isClosed) this.#takeMessage(header, body);
    });
  }

  #take(data: Uint8Array): void {
    this.#heardMs = this.#clock.now();
    if (this.#isBusUp) this.#changeConnection(true);
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
    // The first piece may come after the second. Processes do not come back under the same name, so it is either new or over.
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

  #changeConnection(isConnected: boolean): void {
    if (this.#isConnected === isConnected) return;
    this.#isConnected = isConnected;
    if (isConnected) for (const channel of [...this.#channels.values()]) channel.reconnected();
    this.#connection.emit(isConnected);
  }

  /** @returns how long nothing may come over the bus, in milliseconds: less than others may be silent, who speak now and then */
  get #deafMs(): number {
    return this.#times.silenceMs - 1.5 * this.#times.heartbeatMs;
  }

  /** Notices that nothing comes over the bus, which it is asked for where no other messages come. */
  #listen(nowMs: number): void {
    const silentMs = nowMs - this.#heardMs;
    if (silentMs >= this.#deafMs) this.#changeConnection(false);
    if (!this.#isBusUp || silentMs < echoMs || nowMs - this.#echoedMs < echoMs) return;
    this.#echoedMs = nowMs;
    this.#bus.publish(peerSubject(this.id), nothing);
  }

  #look(nowMs: number): void {
    this.#listen(nowMs);
    // Silence says nothing about others while this process hears nothing.
    if (this.#isConnected) for (const channel of [...this.#channels.values()]) channel.tick();
  }

  #tick(): void {
    const nowMs = this.#clock.now();
    // After a sleep, what has come meanwhile is read first.
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
