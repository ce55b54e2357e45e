import type { CancelTimer, Clock } from '../../base/clock.js';
import type { Channel } from '../channel/channel.js';
import type { Peer } from '../channel/peer.js';
import { linePurpose, reading, shapes, type ToLine } from '../messages.js';
import { FrontLink, type LineRequest } from './line-request.js';

export interface FrontLinksOptions {
  readonly model: string;
  readonly peer: Peer;
  readonly clock: Clock;
  readonly onMessage: (link: FrontLink, message: ToLine) => void;
  /** A front has lost its channel and has not opened another one in time, so its requests must be dealt with. */
  readonly onGone: (link: FrontLink) => void;
}

/** How long a front whose channel has broken may take to open another one, in milliseconds. */
const returnMs = 1000;

/** The fronts that have opened channels to a line, each with its requests. */
export class FrontLinks {
  readonly #options: FrontLinksOptions;
  readonly #links = new Map<string, FrontLink>();
  readonly #returning = new Set<CancelTimer>();
  readonly #stopAccepting: () => void;
  #isStopped = false;

  constructor(options: FrontLinksOptions) {
    this.#options = options;
    this.#stopAccepting = options.peer.accept(linePurpose(options.model), (channel) => {
      this.#meet(channel);
    });
  }

  get all(): Iterable<FrontLink> {
    return this.#links.values();
  }

  /** Of all fronts. */
  get requests(): LineRequest[] {
    return [...this.#links.values()].flatMap(({ requests }) => [...requests.values()]);
  }

  /** Whether a front has said which requests it has. */
  has(front: string): boolean {
    return this.#links.has(front);
  }

  /** A front has said which requests it has. @returns its former channel, if that is another one */
  enter(link: FrontLink): FrontLink | null {
    const former = this.#links.get(link.peer);
    this.#links.set(link.peer, link);
    return former === undefined || former === link ? null : former;
  }

  /** Later messages are ignored. */
  stop(): void {
    this.#isStopped = true;
    this.#stopAccepting();
    for (const cancelTimer of this.#returning) cancelTimer();
    for (const link of this.#links.values()) link.close();
  }

  #meet(channel: Channel): void {
    const link = new FrontLink(channel);
    channel.messages(
      reading(shapes.toLine, (message) => {
        if (!this.#isStopped) this.#options.onMessage(link, message);
      }),
    );
    channel.closed(() => {
      if (!this.#isStopped) this.#awaitReturn(link);
    });
  }

  /** The front may only have lost the channel, and open another one. */
  #awaitReturn(link: FrontLink): void {
    const cancelTimer = this.#options.clock.schedule(returnMs, () => {
      this.#returning.delete(cancelTimer);
      if (this.#links.get(link.peer) !== link) return;
      this.#links.delete(link.peer);
      this.#options.onGone(link);
    });
    this.#returning.add(cancelTimer);
  }
}
