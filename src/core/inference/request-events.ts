import type { Clock } from '../base/clock.js';
import { Emitter, type Subscribable } from '../base/emitter.js';
import type { ChatstreamError, ErrorCode } from '../base/errors.js';
import type { TurningAway } from '../scheduler/jobs/job.js';
import type { InferenceEvent, InferenceRequest, Outcome, Timings } from './request.js';

/**
 * The outcome of a request that got no answer. `null`: the request itself was wrong, which says nothing about the
 * queue, so it is not counted.
 */
const outcomes: Readonly<Record<ErrorCode, Outcome | null>> = {
  invalid_request: null,
  body_too_large: null,
  body_timeout: null,
  context_length_exceeded: null,
  grammar_too_complex: null,
  invalid_api_key: null,
  forbidden: null,
  model_not_found: null,
  not_found: null,
  method_not_allowed: null,
  websocket_unsupported: null,
  limits_held: null,
  unsupported_media_type: null,
  queue_full: 'refused',
  ttft_target: 'timed_out',
  rate_limited: 'refused',
  quota_exceeded: 'refused',
  queue_timeout: 'timed_out',
  deadline: 'timed_out',
  draining: 'refused',
  too_many_connections: 'refused',
  cancelled: 'cancelled_waiting',
  engine_unavailable: 'failed',
  engine_failed: 'failed',
  upstream_failed: 'failed',
  model_loading_failed: 'failed',
  model_unreadable: 'failed',
  out_of_memory: 'failed',
  backend_unavailable: 'failed',
  target_unreachable: 'failed',
  cluster_unavailable: 'failed',
  output_failed: 'failed',
  storage_failed: 'failed',
  address_unavailable: 'failed',
  usage: 'failed',
  internal: 'failed',
};

const notAdmitted: Timings = {
  queueMs: 0,
  prefillMs: 0,
  decodeMs: 0,
  promptTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

/** What metrics and logs need to know about a request. */
type Requester = Pick<InferenceRequest, 'id' | 'requestId' | 'key' | 'payer' | 'deadlineMs'>;

/** A request on its way, whatever executes it. */
interface TimedJob {
  readonly id: string;
  readonly request: Requester;
  readonly arrivedMs: number;
  /** The name of the executor that it has or had; left out where there is only one. */
  readonly executor?: string | null;
  /** The model whose line it is in; left out where another part knows it, and where there is one. */
  readonly model?: string;
  timings(nowMs: number): Timings;
}

/** Tells metrics and logs what happens to requests. */
export class RequestEvents {
  readonly #clock: Clock;
  readonly #emitter = new Emitter<InferenceEvent>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get subscribe(): Subscribable<InferenceEvent> {
    return this.#emitter.subscribe;
  }

  started({ id }: TimedJob, queueMs: number): void {
    this.#emitter.emit({ type: 'started', id, queueMs });
  }

  paused({ id }: TimedJob): void {
    this.#emitter.emit({ type: 'paused', id });
  }

  firstToken({ id, arrivedMs }: TimedJob, prefillMs: number): void {
    this.#emitter.emit({ type: 'first_token', id, prefillMs, sinceArrivalMs: this.#clock.now() - arrivedMs });
  }

  /** An admitted request has ended. */
  settled(
    job: TimedJob,
    outcome: Outcome,
    error: ChatstreamError | null,
    timings = job.timings(this.#clock.now()),
  ): void {
    this.#settled(job.request, outcome, error, timings, job);
  }

  /** A request was turned away: while it waited, or when it would have begun to wait. */
  turnedAway(job: TimedJob, stage: TurningAway, error: ChatstreamError): void {
    this.settled(job, stage === 'arrival' ? 'refused' : (outcomes[error.code] ?? 'failed'), error);
  }

  /**
   * A request was not admitted. Nothing is emitted if the request itself was wrong.
   *
   * @param model in whose line it would have waited, as for {@link TimedJob}
   */
  refused(request: Requester, error: ChatstreamError, arrivedMs: number, model?: string): void {
    // While there is no engine, new requests are refused; only requests that were already accepted have failed.
    const isRefused = isWithoutEngine(error) || isHopeless(request, error, this.#clock.now() - arrivedMs);
    const outcome = isRefused ? 'refused' : outcomes[error.code];
    if (outcome !== null) {
      this.#settled(request, outcome, error, notAdmitted, { arrivedMs, ...(model !== undefined && { model }) });
    }
  }

  #settled(
    { id, requestId, key, payer }: Requester,
    outcome: Outcome,
    error: ChatstreamError | null,
    timings: Timings,
    { arrivedMs, executor, model }: Pick<TimedJob, 'arrivedMs' | 'executor' | 'model'>,
  ): void {
    const sinceArrivalMs = this.#clock.now() - arrivedMs;
    this.#emitter.emit({
      type: 'settled',
      id,
      requestId: requestId ?? null,
      key: key ?? null,
      outcome,
      error,
      timings,
      sinceArrivalMs,
      ...(executor != null && { executor }),
      ...(model !== undefined && { model }),
      ...(payer !== undefined && { payer }),
    });
  }
}

function isWithoutEngine({ code }: ChatstreamError): boolean {
  return code === 'engine_unavailable' || code === 'cluster_unavailable';
}

/** Whether a request was refused because of its deadline before that had passed. */
function isHopeless({ deadlineMs = 0 }: Requester, { code }: ChatstreamError, sinceArrivalMs: number): boolean {
  // Timers may fire a little early.
  return code === 'deadline' && sinceArrivalMs < deadlineMs - 0.5;
}
