import type { Clock } from '../../base/clock.js';
import type { RequestLine } from '../../inference/queue/request-line.js';
import type { Totals } from '../../telemetry/totals.js';
import { QueueFeed, type Watcher } from './queue-feed.js';
import type { QueueViewer } from './queue-view.js';

/** The feed of all requests, and one for each key, or address without a key, whose users watch, by what they may see. */
export class QueueFeeds {
  readonly #line: RequestLine;
  readonly #totals: Totals;
  readonly #clock: Clock;
  readonly #feeds = new Map<string, QueueFeed>();

  constructor(line: RequestLine, totals: Totals, clock: Clock) {
    this.#line = line;
    this.#totals = totals;
    this.#clock = clock;
  }

  /**
   * Shows requests to a watcher.
   *
   * @returns a function that ends it when the watcher has left
   */
  add(viewer: QueueViewer, watcher: Watcher): () => void {
    for (const [other, feed] of this.#feeds) if (!feed.isWatched) this.#feeds.delete(other);
    const name = viewerName(viewer);
    const feed = this.#feeds.get(name) ?? new QueueFeed(this.#line, this.#totals, this.#clock, viewer);
    this.#feeds.set(name, feed);
    return feed.add(watcher);
  }

  /** The server closes: all streams end. */
  end(): void {
    for (const feed of this.#feeds.values()) feed.end();
  }
}

/** The same for those who may see the same. */
export function viewerName({ payer, models, mayTurn, hasKeys }: QueueViewer): string {
  return JSON.stringify([payer, models, mayTurn, hasKeys]);
}
