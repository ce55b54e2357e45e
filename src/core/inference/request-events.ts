import type { Clock } from '../base/clock.js';
import { Emitter, type Subscribable } from '../base/emitter.js';
import type { ChatstreamError } from '../base/errors.js';
import type { InferenceJob } from './inference-job.js';
import { outcomeOfRefusal } from './outcomes.js';
import type { InferenceEvent, InferenceRequest, Outcome, Timings } from './request.js';

const notAdmitted: Timings = {
  queueMs: 0,
  prefillMs: 0,
  decodeMs: 0,
  promptTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
};

/** Tells metrics and logs what becomes of requests. */
export class RequestEvents {
  readonly #clock: Clock;
  readonly #emitter = new Emitter<InferenceEvent>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get subscribe(): Subscribable<InferenceEvent> {
    return this.#emitter.subscribe;
  }

  started({ id }: InferenceJob, queueMs: number): void {
    this.#emitter.emit({ type: 'started', id, queueMs });
  }

  firstToken({ id, arrivedMs }: InferenceJob, prefillMs: number): void {
    this.#emitter.emit({ type: 'first_token', id, prefillMs, sinceArrivalMs: this.#clock.now() - arrivedMs });
  }

  /** An admitted request has ended. */
  settled(
    job: InferenceJob,
    outcome: Outcome,
    error: ChatstreamError | null,
    timings = job.timings(this.#clock.now()),
  ): void {
    this.#settled(job.request, outcome, error, timings, job.arrivedMs);
  }

  /** A request was not admitted. Those that were wrong rather than unlucky are not told of. */
  refused(request: InferenceRequest, error: ChatstreamError, arrivedMs: number): void {
    // An engine that is down refuses newcomers; only those it had accepted have failed.
    const outcome = error.code === 'engine_unavailable' ? 'refused' : outcomeOfRefusal(error.code);
    if (outcome !== null) this.#settled(request, outcome, error, notAdmitted, arrivedMs);
  }

  #settled(
    { id, requestId }: InferenceRequest,
    outcome: Outcome,
    error: ChatstreamError | null,
    timings: Timings,
    arrivedMs: number,
  ): void {
    const sinceArrivalMs = this.#clock.now() - arrivedMs;
    this.#emitter.emit({ type: 'settled', id, requestId: requestId ?? null, outcome, error, timings, sinceArrivalMs });
  }
}
