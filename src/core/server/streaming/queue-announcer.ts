import type { CancelTimer, Clock } from '../../base/clock.js';
import type { Inference } from '../../inference/inference.js';

/** The longest silence towards a client that waits, in milliseconds. Proxies cut connections that say nothing. */
export const heartbeatMs = 10_000;

interface Watch {
  position: number;
  cancelHeartbeat: CancelTimer;
  readonly send: (comment: string) => void;
}

/** Tells waiting clients where they stand: at every change of their position, and at least every ten seconds. */
export class QueueAnnouncer {
  readonly #inference: Inference;
  readonly #clock: Clock;
  readonly #watches = new Map<string, Watch>();

  constructor(inference: Inference, clock: Clock) {
    this.#inference = inference;
    this.#clock = clock;
    inference.moves(() => {
      for (const [id, watch] of this.#watches) this.#announce(id, watch, false);
    });
  }

  /** Announces a request's place now and from now on; it ends by itself when the request no longer waits. */
  watch(id: string, send: (comment: string) => void): void {
    const watch: Watch = { position: 0, send, cancelHeartbeat: () => undefined };
    this.#watches.set(id, watch);
    this.#announce(id, watch, true);
  }

  /** For a client that has left. Unknown ids are ignored. */
  unwatch(id: string): void {
    this.#watches.get(id)?.cancelHeartbeat();
    this.#watches.delete(id);
  }

  #announce(id: string, watch: Watch, evenIfUnchanged: boolean): void {
    const place = this.#inference.place(id);
    if (place === undefined) {
      this.unwatch(id);
      return;
    }
    if (place.position === watch.position && !evenIfUnchanged) return;
    watch.position = place.position;
    watch.cancelHeartbeat();
    watch.cancelHeartbeat = this.#clock.schedule(heartbeatMs, () => {
      this.#announce(id, watch, true);
    });
    const eta = place.etaMs === null ? '' : ` eta_ms=${Math.round(place.etaMs)}`;
    watch.send(`queued position=${place.position}${eta}`);
  }
}
