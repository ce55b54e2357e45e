import type { Clock } from '../../base/clock.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import type { Bus } from '../../bus/bus.js';
import type { ChannelTimes } from './channel.js';
import { peerSubject } from './envelope.js';

interface BusReachOptions {
  readonly bus: Bus;
  /** Of this process. */
  readonly id: string;
  readonly clock: Clock;
  readonly times: ChannelTimes;
}

/**
 * How often a process that receives nothing sends itself a message, in milliseconds, to check whether NATS still
 * delivers any.
 */
const echoMs = 500;

const nothing = new Uint8Array(0);

/**
 * Whether a process can reach the bus, as far as is known. It cannot if nothing arrives over it, not even from this
 * process itself: a server that hangs, and a network that drops packets, are otherwise noticed as a lost connection
 * only after many seconds.
 *
 * It has no timers: its owner calls {@link look} often.
 */
export class BusReach {
  readonly #options: BusReachOptions;
  readonly #changes = new Emitter<boolean>();
  readonly #unsubscribe: () => void;
  /** Whether the bus reports a connection. */
  #isBusUp = true;
  #isReached = true;
  /** When something last arrived over the bus, even an echo. */
  #heardMs: number;
  #echoedMs: number;

  constructor(options: BusReachOptions) {
    this.#options = options;
    this.#heardMs = this.#echoedMs = options.clock.now();
    this.#unsubscribe = options.bus.onStatus((status) => {
      if (status.type !== 'lost' && status.type !== 'back') return;
      this.#isBusUp = status.type === 'back';
      this.#heardMs = options.clock.now();
      this.#change(this.#isBusUp);
    });
  }

  get isReached(): boolean {
    return this.#isReached;
  }

  /** Emits whether the bus can be reached, when that changes. */
  get changes(): Subscribable<boolean> {
    return this.#changes.subscribe;
  }

  /** Something arrived over the bus. */
  heard(): void {
    this.#heardMs = this.#options.clock.now();
    if (this.#isBusUp) this.#change(true);
  }

  /** Notices that nothing arrives over the bus, and requests an echo if no other messages arrive. */
  look(nowMs: number): void {
    const silentMs = nowMs - this.#heardMs;
    if (silentMs >= this.#deafMs) this.#change(false);
    if (!this.#isBusUp || silentMs < echoMs || nowMs - this.#echoedMs < echoMs) return;
    this.#echoedMs = nowMs;
    const { bus, id } = this.#options;
    bus.publish(peerSubject(id), nothing);
  }

  close(): void {
    this.#unsubscribe();
  }

  /**
   * How long nothing may arrive over the bus, in milliseconds: less than others, who speak now and then, may be silent.
   */
  get #deafMs(): number {
    const { silenceMs, heartbeatMs } = this.#options.times;
    return silenceMs - 1.5 * heartbeatMs;
  }

  #change(isReached: boolean): void {
    if (this.#isReached === isReached) return;
    this.#isReached = isReached;
    this.#changes.emit(isReached);
  }
}
