import type { CancelTimer, Clock } from '../../base/clock.js';
import type { AdmittedRequest } from '../../inference/request.js';
import type { RequestLine } from '../../inference/request-line.js';
import type { EventStream } from './event-stream.js';
import { heartbeatMs } from './keep-alive.js';

interface Watch {
  position: number;
  cancelHeartbeat: CancelTimer;
  readonly send: (comment: string) => void;
}

/** Tells waiting clients their place in the queue: whenever it changes, and at least every ten seconds. */
export class QueueAnnouncer {
  readonly #clock: Clock;
  readonly #watches = new Map<AdmittedRequest, Watch>();

  constructor(line: Pick<RequestLine, 'moves'>, clock: Clock) {
    this.#clock = clock;
    line.moves(() => {
      for (const [request, watch] of this.#watches) this.#announce(request, watch, false);
    });
  }

  /** Announces a request's place now and from now on. The watch ends when the request no longer waits. */
  watch(request: AdmittedRequest, send: (comment: string) => void): void {
    const watch: Watch = { position: 0, send, cancelHeartbeat: () => undefined };
    this.#watches.set(request, watch);
    this.#announce(request, watch, true);
  }

  /** For a client that has left. A request that is not watched is ignored. */
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

/**
 * When one stream begins to announce its place in the queue: at once if the client asked for it, otherwise after ten
 * silent seconds. By then a client or its proxy might give up; until then a refusal can still have its own status.
 */
export class QueueAnnouncement {
  readonly #announcer: QueueAnnouncer;
  readonly #stream: EventStream;
  readonly #cancelTimer: CancelTimer;
  #isDue: boolean;
  #request: AdmittedRequest | undefined;

  constructor(announcer: QueueAnnouncer, stream: EventStream, atOnce: boolean, clock: Clock) {
    this.#announcer = announcer;
    this.#stream = stream;
    this.#isDue = atOnce;
    this.#cancelTimer = clock.schedule(heartbeatMs, () => {
      this.#isDue = true;
      this.#beginIfWaiting();
    });
  }

  /** The ten seconds may be over by now: while an engine restarts, preparing a request takes its time. */
  admitted(request: AdmittedRequest): void {
    this.#request = request;
    if (this.#isDue) this.#beginIfWaiting();
  }

  end(): void {
    this.#cancelTimer();
    if (this.#request !== undefined) this.#announcer.unwatch(this.#request);
  }

  #beginIfWaiting(): void {
    const request = this.#request;
    if (request?.place() === undefined) return;
    this.#cancelTimer();
    this.#stream.begin();
    this.#announcer.watch(request, (comment) => {
      this.#stream.comment(comment);
    });
  }
}
