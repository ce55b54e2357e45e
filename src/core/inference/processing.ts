import type { Clock } from '../base/clock.js';
import { asChatstreamError, ChatstreamError } from '../base/errors.js';
import type { GenerationEvent, Round, ServingEngine } from '../engine/engine.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import type { Generation } from './generation.js';
import { abandonedError, withRetryAfter } from './refusals.js';
import type { RequestEvents } from './request-events.js';

/**
 * The generations of the processing queue: hands them to the engine when they start, carries the engine's rounds to
 * whoever asked, and gives their slots back when they end.
 */
export class Processing {
  readonly #engine: ServingEngine;
  readonly #scheduler: Scheduler<Generation>;
  readonly #events: RequestEvents;
  readonly #clock: Clock;
  readonly #running = new Map<string, Generation>();

  constructor(engine: ServingEngine, scheduler: Scheduler<Generation>, events: RequestEvents, clock: Clock) {
    this.#engine = engine;
    this.#scheduler = scheduler;
    this.#events = events;
    this.#clock = clock;
    engine.rounds((round) => {
      this.#onRound(round);
    });
  }

  get running(): Iterable<Generation> {
    return this.#running.values();
  }

  start(generation: Generation, queueMs: number): void {
    generation.phase = { name: 'prefilling', queueMs, startedMs: this.#clock.now() };
    this.#running.set(generation.id, generation);
    this.#events.started(generation, queueMs);
    generation.listener.started();
    // The client may leave from within any of these calls.
    if (!this.#isRunning(generation)) return;
    try {
      this.#engine.generate(generation.spec);
    } catch (thrown) {
      // Whatever is wrong with this one, its slot is for the next.
      this.#fail(generation, asChatstreamError(thrown, 'engine_failed'));
    }
  }

  /**
   * The client of a generation has left, be it running or waiting. The engine hears of it before the next in line is
   * started, so that the slot is free for it.
   */
  cancel(generation: Generation): void {
    const running = this.#isRunning(generation);
    this.#takeLeave(generation);
    if (running) this.#engine.cancel(generation.id);
    this.#events.settled(generation, running ? 'cancelled_running' : 'cancelled_waiting', null);
    this.#scheduler.withdraw(generation.ticket);
  }

  /** Ends all of them with `draining`. @returns how many there were */
  abandon(): number {
    let abandoned = 0;
    for (const generation of [...this.#running.values()]) {
      // Whoever is told may take others along.
      if (!this.#isRunning(generation)) continue;
      abandoned += 1;
      this.#engine.cancel(generation.id);
      this.#fail(generation, abandonedError(this.#scheduler.retryAfterSeconds()));
    }
    return abandoned;
  }

  #onRound(round: Round): void {
    for (const event of round.events) {
      const generation = this.#running.get(event.id);
      if (generation !== undefined) this.#onGenerationEvent(generation, event);
    }
  }

  #onGenerationEvent(generation: Generation, event: GenerationEvent): void {
    switch (event.type) {
      case 'started':
        // After an engine restart it starts again, in whichever slot; what was cached the first time is what counts.
        if (generation.slot === null) generation.cachedTokens = event.cachedTokens;
        generation.slot = event.slot;
        return;
      case 'token':
        this.#countToken(generation);
        if (event.text !== '') generation.listener.text(event.text);
        return;
      case 'ended': {
        if (event.token !== null) this.#countToken(generation);
        const timings = generation.timings(this.#clock.now());
        this.#takeLeave(generation);
        this.#events.settled(generation, 'completed', null, timings);
        generation.listener.ended(event.reason, event.text, timings);
        this.#scheduler.release(generation.ticket);
        return;
      }
      case 'failed':
        this.#fail(generation, withRetryAfter(errorOf(event), this.#scheduler));
    }
  }

  #countToken(generation: Generation): void {
    const prefillMs = generation.countToken(this.#clock.now());
    if (prefillMs !== null) this.#events.firstToken(generation, prefillMs);
  }

  #fail(generation: Generation, error: ChatstreamError): void {
    this.#takeLeave(generation);
    this.#events.settled(generation, 'failed', error);
    generation.listener.failed(error);
    this.#scheduler.release(generation.ticket);
  }

  #isRunning(generation: Generation): boolean {
    return this.#running.get(generation.id) === generation;
  }

  /** First of all when a generation ends, so that nobody who is told of its end can end it once more. */
  #takeLeave(generation: Generation): void {
    generation.unwatch();
    this.#running.delete(generation.id);
  }
}

function errorOf({ code, message, param }: Extract<GenerationEvent, { type: 'failed' }>): ChatstreamError {
  return new ChatstreamError(code, message, param === undefined ? {} : { param });
}
