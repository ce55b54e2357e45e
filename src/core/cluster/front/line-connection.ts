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

/** A new holder may not be ready at once: it is asked again so soon, in milliseconds. */
const againMs = 250;

/** The channel to whoever holds the line of a model at the moment. */
export class LineConnection {
  readonly #options: LineConnectionOptions;
  readonly #messages = new Emitter<FromLine>();
  readonly #changes = new Emitter<boolean>();
  readonly #stopWatching: () => void;
  #holder: string | null = null;
  #lease = 0;
  #channel: Channel | null = null;
  #cancelAgain: CancelTimer = () => undefined;

  constructor(options: LineConnectionOptions) {
    this.#options = options;
    this.#stopWatching = options.bucket.watch(keys.lease(options.model), (event) => {
      if (event.type !== 'put') return;
      const read = decodeEntry(leaseEntry, event.entry.value);
      if (read.type === 'entry') this.#follow(read.value.holder, read.value.number);
    });
  }

  /** Whether there is a holder that can be reached, as far as is known. */
  get isOpen(): boolean {
    return this.#channel !== null;
  }

  get messages(): Subscribable<FromLine> {
    return this.#messages.subscribe;
  }

  /** Whether it is open, each time that it is opened anew or lost. The first message has to say which requests there are. */
  get changes(): Subscribable<boolean> {
    return this.#changes.subscribe;
  }

  /** Lost while it is not open. */
  send(message: ToLine): void {
    this.#channel?.send(message);
  }

  stop(): void {
    this.#stopWatching();
    this.#cancelAgain();
    this.#channel?.close();
    this.#channel = null;
  }

  #follow(holder: string | null, lease: number): void {
    // Entries come in order, and lower numbers mean nothing any more.
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
    this.#changes.emit(true);
  }

  #lose(): void {
    this.#cancelAgain();
    if (this.#channel === null) return;
    this.#channel = null;
    this.#changes.emit(false);
  }
}
