import type { Clock } from '../../base/clock.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import { asChatstreamError, type ChatstreamError } from '../../base/errors.js';
import type { EngineInfo, ServingEngine, Token } from '../../engine/engine.js';
import type { TokenSpelling } from '../../engine/token-spelling.js';
import type { Executor, Replicas } from '../../executor/executor.js';
import type { JobScheduler } from '../../scheduler/job-scheduler.js';
import { noKey } from '../../scheduler/jobs/demand.js';
import type { SchedulerEvent } from '../../scheduler/jobs/job.js';
import type { RateLimiter } from '../../scheduler/rate-limits/rate-limiter.js';
import { Scheduler, type SchedulerLimits, type SchedulerOptions } from '../../scheduler/scheduler.js';
import { type AdmissiblePrompt, Admission } from '../admission/admission.js';
import { withChatStop } from '../answers/chat-stop.js';
import { InferenceJob, refusalAmong } from '../queue/inference-job.js';
import { type QueueSnapshot, queueSnapshot } from '../queue/queue-snapshot.js';
import type { RequestLine } from '../queue/request-line.js';
import type { AdmittedRequest, AnswerListener, InferenceEvent, InferenceRequest, Submission } from '../request.js';
import { RequestEvents } from '../request-events.js';
import { spendTokens } from '../spending.js';
import { Places } from './places.js';
import { Processing } from './processing.js';
import { withRetryAfter } from './retry-after.js';
import { Translation } from './translation.js';

export interface InferenceOptions extends SchedulerOptions {
  /** Sequences that the engine allocates: the upper limit for `maxConcurrency`. */
  readonly slots: number;
  /** Limits of keys over time. */
  readonly rates?: RateLimiter;
  /** The engines, if there are several; null by default. */
  readonly replicas?: Replicas | null;
}

/**
 * Joins scheduler and engine: prepares a request, admits it, hands it to the engine when its turn comes, and passes the
 * engine's events on to the request's listener.
 */
export class Inference implements RequestLine {
  readonly #engine: ServingEngine;
  readonly #clock: Clock;
  readonly #places: Places;
  readonly #scheduler: JobScheduler<InferenceJob>;
  readonly #admission: Admission;
  readonly #processing: Processing;
  readonly #translation: Translation;
  readonly #events: RequestEvents;
  readonly #rates: RateLimiter | undefined;
  readonly #moves = new Emitter<undefined>();

  /** @param scheduler one of its own by default */
  constructor(
    engine: ServingEngine,
    options: InferenceOptions,
    clock: Clock,
    scheduler: JobScheduler<InferenceJob> = new Scheduler(options, clock),
  ) {
    this.#engine = engine;
    this.#clock = clock;
    this.#rates = options.rates;
    this.#events = new RequestEvents(clock);
    spendTokens(this.#events.subscribe, options.rates);
    this.#scheduler = scheduler;
    this.#scheduler.events((event) => {
      this.#onScheduled(event);
    });
    this.#processing = new Processing(engine, this.#scheduler, this.#events, clock);
    this.#admission = new Admission(engine, this.#scheduler, options.queueTimeoutMs, clock);
    this.#translation = new Translation(engine, this.#scheduler, this.#admission);
    const { slots, replicas = null } = options;
    this.#places = new Places({ engine, scheduler: this.#scheduler, slots, info: () => this.info, replicas });
  }

  get events(): Subscribable<InferenceEvent> {
    return this.#events.subscribe;
  }

  get moves(): Subscribable<undefined> {
    return this.#moves.subscribe;
  }

  /** The model; null until it has been loaded for the first time. */
  get info(): EngineInfo | null {
    return this.#admission.info;
  }

  get limits(): SchedulerLimits {
    return this.#scheduler.limits;
  }

  /** Whether a request sent now could be served: the model is loaded and the server is not shutting down. */
  get ready(): boolean {
    return this.#engine.state.status === 'ready' && !this.#scheduler.draining;
  }

  /** Why {@link ready} is false, in one word that any client may see; the engine's own message goes to the log. */
  get readiness(): string {
    return this.#scheduler.draining ? 'draining' : this.#engine.state.status;
  }

  /** The engine, which offers its slots, or several. */
  get executors(): readonly Executor[] {
    return this.#places.executors;
  }

  get running(): number {
    return this.#scheduler.running;
  }

  /** Requests that have begun and given up their slots for a while. They count as waiting. */
  get paused(): number {
    return this.#scheduler.paused.length;
  }

  get waiting(): number {
    return this.#scheduler.waiting;
  }

  get queuedTokens(): number {
    return this.#scheduler.queuedTokens;
  }

  /**
   * Work that is in neither queue: requests whose prompts are being prepared, and calls of `tokenize`, `detokenize` and `spell`.
   */
  get preparing(): number {
    return this.#admission.preparing;
  }

  /**
   * Prepares and admits a request. Resolves once it waits or runs; from then on `listener` is called.
   *
   * @param client aborted when the client leaves: the request then ends at once, wherever it is, and frees its slot
   * @throws ChatstreamError if it is refused: `queue_full`, `rate_limited`, `quota_exceeded`, `draining`,
   *   `context_length_exceeded`, `invalid_request`, `engine_unavailable`, or `cancelled` if the client has left already
   */
  submit(request: InferenceRequest, listener: AnswerListener, client: AbortSignal): Promise<AdmittedRequest> {
    return this.submitAll([{ request, listener }], client);
  }

  /**
   * Prepares and admits several requests at once: all of them, or none. Each then runs or waits on its own.
   *
   * @param client aborted when the client leaves: all of them then end
   * @returns the first of them, which starts first
   * @throws ChatstreamError as {@link submit}
   */
  async submitAll(submissions: readonly Submission[], client: AbortSignal): Promise<AdmittedRequest> {
    const arrivedMs = this.#clock.now();
    let admitted = 0;
    let jobs: readonly InferenceJob[] = [];
    try {
      const { key = noKey, payer = key } = submissions[0]?.request ?? {};
      this.#rates?.take(payer, submissions.length);
      const requests = submissions.map(({ request }) => request);
      jobs = this.#jobsOf(submissions, await this.#admission.prepare(requests, client), arrivedMs);
      this.#admission.assertRoom(jobs);
      // The last first: otherwise, waiting jobs would start when others give up their places.
      const leave = (): void => {
        for (const job of jobs.toReversed()) this.#processing.cancel(job, refusalAmong(jobs));
      };
      for (const job of jobs) {
        // A function for each, because a job that has ended stops listening only for itself.
        this.#admission.admit(job, client, () => {
          leave();
        });
        admitted += 1;
      }
      // The others come after the first, whose first token is that of the whole answer.
      if (jobs[0] !== undefined) this.#scheduler.keepToTarget(jobs[0]);
      if (this.#scheduler.accepted !== undefined) await this.#scheduler.accepted(jobs);
      return { place: () => jobs.map((job) => this.#scheduler.view(job))[0] };
    } catch (error) {
      const cause = asChatstreamError(error);
      const refusal =
        cause.code === 'cancelled' ? (refusalAmong(jobs)?.error ?? cause) : withRetryAfter(cause, this.#scheduler);
      // The client may leave while they are admitted; those that were have ended by then.
      for (const { request } of submissions.slice(admitted)) this.#events.refused(request, refusal, arrivedMs);
      throw refusal;
    }
  }

  /** Counts requests that were refused before they were submitted. */
  refuse(requests: readonly InferenceRequest[], error: ChatstreamError): void {
    for (const request of requests) this.#events.refused(request, error, this.#clock.now());
  }

  #jobsOf(
    submissions: readonly Submission[],
    prompts: readonly AdmissiblePrompt[],
    arrivedMs: number,
  ): readonly InferenceJob[] {
    return prompts.flatMap(({ prompt, format, inputLengths, plan }, index) => {
      const submission = submissions[index];
      if (submission === undefined) return [];
      const request = {
        ...withChatStop(submission.request, this.info),
        format,
        ...(inputLengths !== undefined && { inputLengths }),
      };
      return [new InferenceJob(request, prompt, plan, submission.listener, arrivedMs, this.info?.contextLength)];
    });
  }

  /**
   * The tokens of the prompt of a request, which is neither admitted nor counted as a request.
   *
   * @throws ChatstreamError as {@link submit}
   */
  async promptOf(request: InferenceRequest, client: AbortSignal): Promise<readonly Token[]> {
    try {
      return await this.#admission.promptOf(request, client);
    } catch (error) {
      throw withRetryAfter(asChatstreamError(error), this.#scheduler);
    }
  }

  /** See {@link Translation.tokenize}. */
  tokenize(...call: Parameters<Translation['tokenize']>): Promise<readonly Token[]> {
    return this.#translation.tokenize(...call);
  }

  /** See {@link Translation.detokenize}. */
  detokenize(...call: Parameters<Translation['detokenize']>): Promise<string> {
    return this.#translation.detokenize(...call);
  }

  /** See {@link Translation.spell}. */
  spell(...call: Parameters<Translation['spell']>): Promise<readonly TokenSpelling[]> {
    return this.#translation.spell(...call);
  }

  /** See {@link RequestLine.snapshot}. */
  snapshot(most = Infinity, payer: string | null = null): QueueSnapshot {
    return queueSnapshot(this.#scheduler, this.#processing.running, {
      slots: this.#places.slots,
      preparing: this.preparing,
      prefillChunk: this.#processing.prefillChunk,
      nowMs: this.#clock.now(),
      most,
      payer,
    });
  }

  /** See {@link RequestLine.resize}. */
  resize(limits: Partial<SchedulerLimits>): void {
    this.#places.resize(limits);
  }

  configureKeys(...changes: Parameters<RequestLine['configureKeys']>): void {
    this.#scheduler.configureKeys(...changes);
  }

  /** When the request that has waited longest began to wait, in the clock's milliseconds; null if none waits. */
  get waitingSinceMs(): number | null {
    return this.#scheduler.oldestAdmittedMs;
  }

  /** While it is held, no request starts. They are admitted as usual, and running ones continue. */
  hold(isHeld: boolean): void {
    this.#scheduler.hold(isHeld);
  }

  /** Ends all waiting requests with this error; running ones continue. */
  turnAwayWaiting(error: () => ChatstreamError): void {
    this.#scheduler.turnAwayWaiting(error);
  }

  /** Refuses new requests and turns away waiting ones; resolves when the last generation that has begun has ended. */
  drain(): Promise<void> {
    return this.#scheduler.drain();
  }

  abandonRunning(): number {
    return this.#processing.abandon();
  }

  #onScheduled(event: SchedulerEvent<InferenceJob>): void {
    switch (event.type) {
      case 'started':
        this.#processing.start(event.job, event.waitedMs);
        return;
      case 'paused':
        this.#processing.pause(event.job);
        return;
      case 'resumed':
        this.#processing.resume(event.job);
        return;
      case 'turned_away':
        this.#processing.turnAway(event);
        return;
      case 'moved':
        this.#moves.emit(undefined);
    }
  }
}
