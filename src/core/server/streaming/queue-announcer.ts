import type { CancelTimer, Clock } from '../../base/clock.js';
import type { Inference } from '../../inference/inference.js';
import type { AdmittedRequest } from '../../inference/request.js';

/** The longest silence towards a client that waits, in milliseconds. Proxies cut connections that say nothing. */
export const heartbeatMs = 10_000;

interface Watch {
  position: number;
  cancelHeartbeat: CancelTimer;
  readonly send: (comment: string) => void;
}

/** Tells waiting clients where they stand: at every change of their position, and at least every ten seconds. */
export class QueueAnnouncer {
  readonly #clock: Clock;
  readonly #watches = new Map<AdmittedRequest, Watch>();

  constructor(inference: Inference, clock: Clock) {
    this.#clock = clock;
    inference.moves(() => {
      for (const [request, watch] of this.#watches) this.#announce(request, watch, false);
    });
  }

  /** Announces a request's place now and from now on; it ends by itself when the request no longer waits. */
  watch(request: AdmittedRequest, send: (comment: string) => void): void {
    const watch: Watch = { position: 0, send, cancelHeartbeat: () => undefined };
    this.#watches.set(request, watch);
    this.#announce(request, watch, true);
  }

  /** For a client that has left. Requests that are not watched are ignored. */
  unwatch(request: AdmittedRequest): void {
    this.#watches.get(request)?.cancelHeartbeat();
    this.#watches.delete(request);
  }

  #announce(request: AdmittedRequest, watch: Watch, evenIfUnchanged: boolean): void {
    const place = request.place();
    if (place === undefined) {
      this.unwatch(request);
      return;
    }
    if (place.position === watch.position && !evenIfUnchanged) return;
    watch.position = place.position;
    watch.cancelHeartbeat();
    watch.cancelHeartbeat = this.#clock.schedule(heartbeatMs, () => {
      this.#announce(request, watch, true);
    });
    const eta = place.etaMs === null ? '' : ` eta_ms=${Math.round(place.etaMs)}`;
    watch.send(`queued position=${place.position}${eta}`);
  }
}
