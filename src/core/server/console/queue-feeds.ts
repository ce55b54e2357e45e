import type { Clock } from '../../base/clock.js';
import type { RequestLine } from '../../inference/request-line.js';
import type { Totals } from '../../telemetry/totals.js';
import { type Looker, QueueFeed } from './queue-feed.js';

/** The feed of all requests, and one for each key whose users watch. */
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
   * @param key the requests of this key; null for all
   * @returns what ends it when the looker has left
   */
  add(key: string | null, looker: Looker): () => void {
    for (const [name, feed] of this.#feeds) if (!feed.isWatched) this.#feeds.delete(name);
    const feed = this.#feeds.get(key) ?? new QueueFeed(this.#line, this.#totals, this.#clock, key);
    this.#feeds.set(key, feed);
    return feed.add(looker);
  }

  /** The server closes: all streams end. */
  end(): void {
    for (const feed of this.#feeds.values()) feed.end();
  }
}
