import type { CancelTimer, Clock } from '../../base/clock.js';
import type { Held } from './held-request.js';
import type { LineConnection } from './line-connection.js';

/** How often the number of tokens is reported to the line, in milliseconds. */
const progressMs = 250;

/** Reports to the line what requests have received, but not token by token. */
export class Progress {
  readonly #connection: LineConnection;
  readonly #clock: Clock;
  /** Requests with something that has not been reported to the line. */
  readonly #unreported = new Set<Held>();
  #cancelTimer: CancelTimer | null = null;

  constructor(connection: LineConnection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  cached(held: Held, tokens: number): void {
    held.cached = tokens;
    this.#reportSoon(held);
  }

  produced(held: Held): void {
    held.tokens += 1;
    this.#reportSoon(held);
  }

  report(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const counts: [string, number, number | null][] = [];
    for (const held of this.#unreported) {
      counts.push([held.job.id, held.tokens, held.cached]);
      held.tokens = 0;
      held.cached = null;
    }
    this.#unreported.clear();
    if (counts.length > 0) this.#connection.send({ type: 'progress', counts });
  }

  #reportSoon(held: Held): void {
    this.#unreported.add(held);
    this.#cancelTimer ??= this.#clock.schedule(progressMs, () => {
      this.report();
    });
  }
}
