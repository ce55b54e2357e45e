import type { Clock } from '../base/clock.js';
import { asChatstreamError, ChatstreamError } from '../base/errors.js';
import type { GenerationEvent, Round, ServingEngine } from '../engine/engine.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import type { InferenceJob } from './inference-job.js';
import { abandonedError, withRetryAfter } from './refusals.js';
import type { RequestEvents } from './request-events.js';

/**
 * The generations of the processing queue: hands them to the engine when they start, carries the engine's rounds to
 * whoever asked, and gives their slots back when they end.
 */
export class Processing {
  readonly #engine: ServingEngine;
  readonly #scheduler: Scheduler<InferenceJob>;
  readonly #events: RequestEvents;
  readonly #clock: Clock;
  readonly #running = new Map<string, InferenceJob>();

  constructor(engine: ServingEngine, scheduler: Scheduler<InferenceJob>, events: RequestEvents, clock: Clock) {
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

  start(job: InferenceJob, queueMs: number): void {
    job.phase = { status: 'prefilling', queueMs, startedMs: this.#clock.now() };
    this.#running.set(job.id, job);
    this.#events.started(job, queueMs);
    job.listener.started();
    // The client may leave from within any of these calls.
    if (!this.#isRunning(job)) return;
    try {
      this.#engine.generate(job.spec);
    } catch (thrown) {
      // Whatever is wrong with this one, its slot is for the next.
      this.#fail(job, asChatstreamError(thrown, 'engine_failed'));
    }
  }

  /**
   * The client of a generation has left, be it running or waiting. The engine hears of it before the next in line is
   * started, so that the slot is free for it.
   */
  cancel(job: InferenceJob): void {
    const running = this.#isRunning(job);
    this.#takeLeave(job);
    if (running) this.#engine.cancel(job.id);
    this.#events.settled(job, running ? 'cancelled_running' : 'cancelled_waiting', null);
    this.#scheduler.withdraw(job);
  }

  /** Ends all of them with `draining`. @returns how many there were */
  abandon(): number {
    let abandoned = 0;
    for (const job of [...this.#running.values()]) {
      // Whoever is told may take others along.
      if (!this.#isRunning(job)) continue;
      abandoned += 1;
      this.#engine.cancel(job.id);
      this.#fail(job, abandonedError(this.#scheduler.retryAfterSeconds()));
    }
    return abandoned;
  }

  #onRound(round: Round): void {
    for (const event of round.events) {
      const job = this.#running.get(event.id);
      if (job !== undefined) this.#onGenerationEvent(job, event);
    }
  }

  #onGenerationEvent(job: InferenceJob, event: GenerationEvent): void {
    switch (event.type) {
      case 'started':
        // After an engine restart it starts again, in whichever slot; what was cached the first time is what counts.
        if (job.slot === null) job.cachedTokens = event.cachedTokens;
        job.slot = event.slot;
        return;
      case 'token':
        this.#countToken(job);
        if (event.text !== '') job.listener.text(event.text);
        return;
      case 'ended': {
        if (event.token !== null) this.#countToken(job);
        const timings = job.timings(this.#clock.now());
        this.#takeLeave(job);
        this.#events.settled(job, 'completed', null, timings);
        job.listener.ended(event.reason, event.text, timings);
        this.#scheduler.release(job);
        return;
      }
      case 'failed':
        this.#fail(job, withRetryAfter(errorOf(event), this.#scheduler));
    }
  }

  #countToken(job: InferenceJob): void {
    const prefillMs = job.countToken(this.#clock.now());
    if (prefillMs !== null) this.#events.firstToken(job, prefillMs);
  }

  #fail(job: InferenceJob, error: ChatstreamError): void {
    this.#takeLeave(job);
    this.#events.settled(job, 'failed', error);
    job.listener.failed(error);
    this.#scheduler.release(job);
  }

  #isRunning(job: InferenceJob): boolean {
    return this.#running.get(job.id) === job;
  }

  /** First of all when a generation ends, so that nobody who is told of its end can end it once more. */
  #takeLeave(job: InferenceJob): void {
    job.unwatch();
    this.#running.delete(job.id);
  }
}

function errorOf({ code, message, param }: Extract<GenerationEvent, { type: 'failed' }>): ChatstreamError {
  return new ChatstreamError(code, message, param === undefined ? {} : { param });
}
