import type { Clock } from '../../base/clock.js';
import type { RequestLine } from '../../inference/request-line.js';
import type { Totals } from '../../telemetry/totals.js';
import { type Looker, QueueFeed } from './queue-feed.js';

/** The feed of all requests, and one for each key, or address without a key, whose users watch. */
export class QueueFeeds {
  readonly #line: RequestLine;
  readonly #totals: Totals;
  readonly #clock: Clock;
  readonly #feeds = new Map<string | null, QueueFeed>();

  constructor(line: RequestLine, totals: Totals, clock: Clock) {
    this.#line = line;
    this.#totals = totals;
    this.#clock = clock;
  }

  /**
   * Shows requests to a looker.
   *
   * @param payer the requests of this key, or of this address without a key; null for all
   * @returns what ends it when the looker has left
   */
  add(payer: string | null, looker: Looker): () => void {
    for (const [other, feed] of this.#feeds) if (!feed.isWatched) this.#feeds.delete(other);
    const feed = this.#feeds.get(payer) ?? new QueueFeed(this.#line, this.#totals, this.#clock, payer);
    this.#feeds.set(payer, feed);
    return feed.add(looker);
  }

  /** The server closes: all streams end. */
  end(): void {
    for (const feed of this.#feeds.values()) feed.end();
  }
}
