import type { CancelTimer, Clock } from '../../base/clock.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import type { Bucket } from '../../bus/bucket.js';
import type { Channel } from '../channel/channel.js';
import type { Peer } from '../channel/peer.js';
import { decodeEntry, keys } from '../entries.js';
import { type FromLine, leaseEntry, linePurpose, reading, shapes, type ToLine } from '../messages.js';

export interface LineConnectionOptions {
  readonly model: string;
  readonly peer: Peer;
  /** The bucket of leases. */
  readonly bucket: Bucket;
  readonly clock: Clock;
}

/** After how long a new holder is asked again, in milliseconds, because it may not be ready at once. */
const againMs = 250;

/** The channel to the process that currently holds the line of a model. */
export class LineConnection {
  readonly #options: LineConnectionOptions;
  readonly #messages = new Emitter<FromLine>();
  readonly #opened = new Emitter<undefined>();
  readonly #changes = new Emitter<boolean>();
  readonly #stops: readonly (() => void)[];
  #holder: string | null = null;
  #lease = 0;
  #channel: Channel | null = null;
  /** As last reported. */
  #wasOpen = false;
  #cancelAgain: CancelTimer = () => undefined;

  constructor(options: LineConnectionOptions) {
    this.#options = options;
    const { bucket, model, peer } = options;
    this.#stops = [
      bucket.watch(keys.lease(model), (event) => {
        if (event.type !== 'put') return;
        const read = decodeEntry(leaseEntry, event.entry.value);
        if (read.type === 'entry') this.#follow(read.value.holder, read.value.number);
      }),
      // A channel outlasts an outage of this process, during which no other could be reached.
      peer.connection(() => {
        this.#tell();
      }),
    ];
  }

  /** Whether there is a holder that can be reached, as far as is known. */
  get isOpen(): boolean {
    return this.#channel !== null && this.#options.peer.isConnected;
  }

  get messages(): Subscribable<FromLine> {
    return this.#messages.subscribe;
  }

  /** Emitted for each new channel. Its first message has to say which requests there are. */
  get opened(): Subscribable<undefined> {
    return this.#opened.subscribe;
  }

  /** Whether it is open, each time that this changes. */
  get changes(): Subscribable<boolean> {
    return this.#changes.subscribe;
  }

  /**
   * Lost while there is no channel. Messages that are sent while this process is cut off arrive later, if the channel
   * outlasts that.
   */
  send(message: ToLine): void {
    this.#channel?.send(message);
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#cancelAgain();
    this.#channel?.close();
    this.#channel = null;
  }

  #follow(holder: string | null, lease: number): void {
    // Entries arrive in order, so lower numbers are obsolete.
    if (lease < this.#lease || (lease === this.#lease && holder === this.#holder)) return;
    this.#holder = holder;
    this.#lease = lease;
    this.#channel?.close();
    this.#lose();
    this.#open();
  }

  #open(): void {
    const { peer, model } = this.#options;
    if (this.#holder === null || this.#channel !== null) return;
    const channel = peer.open(this.#holder, linePurpose(model));
    this.#channel = channel;
    channel.messages(
      reading(shapes.fromLine, (message) => {
        if (this.#channel === channel) this.#messages.emit(message);
      }),
    );
    channel.closed(() => {
      if (this.#channel !== channel) return;
      this.#lose();
      this.#cancelAgain = this.#options.clock.schedule(againMs, () => {
        this.#open();
      });
    });
    this.#opened.emit(undefined);
    this.#tell();
  }

  #lose(): void {
    this.#cancelAgain();
    if (this.#channel === null) return;
    this.#channel = null;
    this.#tell();
  }

  #tell(): void {
    const { isOpen } = this;
    if (isOpen === this.#wasOpen) return;
    this.#wasOpen = isOpen;
    this.#changes.emit(isOpen);
  }
}
