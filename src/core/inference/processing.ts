import type { Clock } from '../base/clock.js';
import { asChatstreamError, ChatstreamError } from '../base/errors.js';
import { cutOffError } from '../base/queue-refusals.js';
import { engineDownError } from '../base/refusals.js';
import type { GenerationEvent, Round, ServingEngine } from '../engine/engine.js';
import type { JobScheduler } from '../scheduler/job-scheduler.js';
import type { InferenceJob } from './inference-job.js';
import type { RequestEvents } from './request-events.js';

/**
 * The jobs in the processing queue: hands them to the engine when they start, passes the engine's rounds on to their
 * listeners, and gives their slots back when they end.
 */
export class Processing {
  readonly #engine: ServingEngine;
  readonly #scheduler: JobScheduler<InferenceJob>;
  readonly #events: RequestEvents;
  readonly #clock: Clock;
  readonly #running = new Map<string, InferenceJob>();
  #prefillChunk: number | undefined;

  constructor(engine: ServingEngine, scheduler: JobScheduler<InferenceJob>, events: RequestEvents, clock: Clock) {
    this.#engine = engine;
    this.#scheduler = scheduler;
    this.#events = events;
    this.#clock = clock;
    engine.rounds((round) => {
      this.#onRound(round);
    });
  }

  get running(): Iterable<InferenceJob> {
    return this.#running.values();
  }

  /** The most prompt tokens that a round prefills now; undefined if that does not adapt. */
  get prefillChunk(): number | undefined {
    return this.#prefillChunk;
  }

  start(job: InferenceJob, queueMs: number): void {
    job.phase = { status: 'prefilling', queueMs, startedMs: this.#clock.now() };
    this.#running.set(job.id, job);
    this.#events.started(job, queueMs);
    job.listener.started(job);
    // The client may leave from within any of these calls.
    if (!this.#isRunning(job)) return;
    try {
      this.#engine.generate(job.spec);
    } catch (error) {
      // Whatever is wrong with this job, its slot must become free for the next one.
      this.#fail(job, asChatstreamError(error, 'engine_failed'));
    }
  }

  /**
   * Ends a job whose client has left, whether it runs or waits; one that does neither is ignored. The engine is notified before the next job in the line
   * starts, so that the slot is free for it.
   */
  cancel(job: InferenceJob): void {
    const running = this.#isRunning(job);
    if (!running && job.status !== 'waiting') return;
    this.#forget(job);
    if (running) this.#engine.cancel(job.id);
    this.#events.settled(job, running ? 'cancelled_running' : 'cancelled_waiting', null);
    this.#scheduler.withdraw(job);
  }

  /** Ends all running jobs with `draining`. @returns how many there were */
  abandon(): number {
    let abandoned = 0;
    for (const job of [...this.#running.values()]) {
      // The listener of one job may end other jobs when it is called.
      if (!this.#isRunning(job)) continue;
      abandoned += 1;
      this.#engine.cancel(job.id);
      this.#fail(job, cutOffError(this.#scheduler.retryAfterSeconds()));
    }
    return abandoned;
  }

  #onRound(round: Round): void {
    for (const { id, tokens } of round.prefills ?? []) {
      const job = this.#running.get(id);
      if (job !== undefined) job.prefilledTokens = tokens;
    }
    this.#prefillChunk = round.prefillChunk ?? this.#prefillChunk;
    for (const event of round.events) {
      const job = this.#running.get(event.id);
      if (job === undefined) continue;
      if (event.type === 'started') job.executor = round.executor ?? null;
      this.#onGenerationEvent(job, event);
    }
  }

  #onGenerationEvent(job: InferenceJob, event: GenerationEvent): void {
    switch (event.type) {
      case 'started':
        // After an engine restart it starts again, in any slot; what was cached the first time is what counts.
        if (job.slot === null) {
          job.cachedTokens = event.cachedTokens;
          this.#scheduler.countCached(job, event.cachedTokens);
        }
        job.slot = event.slot;
        return;
      case 'token':
        this.#pass(job, event);
        return;
      case 'embedded':
        job.listener.embedded?.(event.index, event.vector);
        return;
      case 'ended': {
        const { reading } = job.plan;
        const wasThinking = reading.isThinking;
        const isCut = event.reason === 'length' || event.stop !== undefined;
        const parts = reading.end(event.text, isCut, event.logprob);
        if (event.token !== null) this.#countToken(job, wasThinking);
        const timings = job.timings(this.#clock.now());
        this.#forget(job);
        this.#events.settled(job, 'completed', null, timings);
        // A stop string may end an answer in the middle of a call, which then cannot be made.
        const hasCalls = reading.calls > 0 && !(event.stop !== undefined && reading.endedInCall);
        const reason = event.reason === 'stop' && hasCalls ? 'tool_calls' : event.reason;
        job.listener.ended(reason, parts, timings, event.stop ?? null);
        this.#scheduler.release(job);
        return;
      }
      case 'failed':
        this.#fail(job, withRetryAfter(errorOf(event), this.#scheduler));
    }
  }

  #pass(job: InferenceJob, { text, logprob }: Extract<GenerationEvent, { type: 'token' }>): void {
    const { reading } = job.plan;
    const wasThinking = reading.isThinking;
    const parts = text === '' && logprob === undefined ? [] : reading.push(text, logprob);
    this.#countToken(job, wasThinking || reading.isThinking);
    if (parts.length > 0) job.listener.parts(parts);
  }

  #countToken(job: InferenceJob, isReasoning: boolean): void {
    if (isReasoning) job.reasoningTokens += 1;
    this.#scheduler.countOutput(job);
    const prefillMs = job.countToken(this.#clock.now());
    if (prefillMs !== null) this.#events.firstToken(job, prefillMs);
  }

  #fail(job: InferenceJob, error: ChatstreamError): void {
    this.#forget(job);
    this.#events.settled(job, 'failed', error);
    job.listener.failed(error);
    this.#scheduler.release(job);
  }

  #isRunning(job: InferenceJob): boolean {
    return this.#running.get(job.id) === job;
  }

  /** The first step of every end, so that no listener can end the job a second time. */
  #forget(job: InferenceJob): void {
    job.unwatch();
    this.#running.delete(job.id);
  }
}

/** Adds the retry time to an error of the engine, which knows that it is down, but not how busy the queue is. */
export function withRetryAfter(
  error: ChatstreamError,
  scheduler: { readonly retryAfterSeconds: () => number },
): ChatstreamError {
  return error.code === 'engine_unavailable' && error.retryAfterSeconds === undefined
    ? engineDownError({ retryAfterSeconds: scheduler.retryAfterSeconds() })
    : error;
}

function errorOf({ code, message, param }: Extract<GenerationEvent, { type: 'failed' }>): ChatstreamError {
  return new ChatstreamError(code, message, param === undefined ? {} : { param });
}
