import type { CancelTimer, Clock } from '../../base/clock.js';
import type { RequestLine } from '../../inference/queue/request-line.js';
import type { AdmittedRequest } from '../../inference/request.js';
import type { ModelLoading } from '../../inference/service/served-model.js';
import type { EventStream } from './event-stream.js';
import { heartbeatMs } from './keep-alive.js';

interface Watch {
  position: number;
  cancelHeartbeat: CancelTimer;
  readonly send: (comment: string) => void;
}

/** This many are notified of every change, and this many in one turn of the event loop. */
const mostToldAtOnce = 100;

/** With more, as long passes between two rounds for each of them, in milliseconds: a change in a long line moves all that wait. */
const pauseMsPerWatch = 0.25;

/**
 * Tells waiting clients their place in the queue: when it changes, less often while many wait, and at least every ten seconds. All
 * of many are sent in several turns of the event loop, so that other streams continue in between.
 */
export class QueueAnnouncer {
  readonly #clock: Clock;
  readonly #watches = new Map<AdmittedRequest, Watch>();
  /** From the beginning of a round until the next may begin. */
  #isBusy = false;
  #movedMeanwhile = false;
  /** Ends the wait for the rest of a round, or for the next. */
  #cancelNext: CancelTimer = () => undefined;

  constructor(line: Pick<RequestLine, 'moves'>, clock: Clock) {
    this.#clock = clock;
    line.moves(() => {
      if (this.#isBusy) this.#movedMeanwhile = true;
      else this.#beginRound();
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
    if (this.#watches.size > 0) return;
    this.#cancelNext();
    this.#isBusy = false;
  }

  #beginRound(): void {
    this.#isBusy = true;
    this.#movedMeanwhile = false;
    this.#tell([...this.#watches], 0);
  }

  /** Tells some, and the others in later turns. */
  #tell(all: readonly (readonly [AdmittedRequest, Watch])[], first: number): void {
    const end = first + mostToldAtOnce;
    for (const [request, watch] of all.slice(first, end)) {
      if (this.#watches.get(request) === watch) this.#announce(request, watch, false);
    }
    if (this.#watches.size === 0) {
      // If there was no client to notify, none leaves either, and so none would end the round.
      this.#isBusy = false;
      return;
    }
    if (end >= all.length) {
      this.#endRound();
      return;
    }
    this.#cancelNext = this.#clock.schedule(0, () => {
      this.#tell(all, end);
    });
  }

  #endRound(): void {
    const { size } = this.#watches;
    const mayGoOn = (): void => {
      this.#isBusy = false;
      if (this.#movedMeanwhile) this.#beginRound();
    };
    if (size > mostToldAtOnce) this.#cancelNext = this.#clock.schedule(size * pauseMsPerWatch, mayGoOn);
    else mayGoOn();
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
  readonly #clock: Clock;
  readonly #loading: () => ModelLoading | null;
  #cancelTimer: CancelTimer;
  #isDue: boolean;
  #request: AdmittedRequest | undefined;

  /** @param loading what keeps the request from its model; null while that is loaded */
  constructor(
    announcer: QueueAnnouncer,
    stream: EventStream,
    atOnce: boolean,
    clock: Clock,
    loading: () => ModelLoading | null = () => null,
  ) {
    this.#announcer = announcer;
    this.#stream = stream;
    this.#clock = clock;
    this.#loading = loading;
    this.#isDue = atOnce;
    this.#cancelTimer = this.#scheduleBeat();
  }

  /** The request is on its way into the queue. If its model is being loaded, that takes a while. */
  submitted(): void {
    if (this.#isDue) this.#announceLoading();
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
    if (request === undefined) {
      this.#announceLoading();
      return;
    }
    if (request.place() === undefined) return;
    this.#cancelTimer();
    this.#stream.begin();
    this.#announcer.watch(request, (comment) => {
      this.#sayLoading();
      this.#stream.comment(comment);
    });
  }

  /** Now, and every ten seconds until it has been admitted. */
  #announceLoading(): void {
    if (!this.#sayLoading()) return;
    this.#cancelTimer();
    this.#cancelTimer = this.#scheduleBeat();
  }

  /** @returns whether there is anything to say */
  #sayLoading(): boolean {
    const loading = this.#loading();
    if (loading === null) return false;
    const { model, etaMs } = loading;
    this.#stream.comment(`loading model=${model}${etaMs === null ? '' : ` eta_ms=${Math.round(etaMs)}`}`);
    return true;
  }

  #scheduleBeat(): CancelTimer {
    return this.#clock.schedule(heartbeatMs, () => {
      this.#isDue = true;
      this.#beginIfWaiting();
    });
  }
}
