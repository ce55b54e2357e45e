import type { Clock } from '../../base/clock.js';
import { asChatstreamError, ChatstreamError } from '../../base/errors.js';
import { cutOffError } from '../../base/refusals/queue-refusals.js';
import type { AnswerPart } from '../../engine/dialects/answer.js';
import type { GenerationEvent, Round, ServingEngine } from '../../engine/engine.js';
import type { ForeignText } from '../../engine/foreign-text.js';
import type { JobScheduler } from '../../scheduler/job-scheduler.js';
import type { SchedulerEvent } from '../../scheduler/jobs/job.js';
import type { InferenceJob, Refusal } from '../queue/inference-job.js';
import type { RequestEvents } from '../request-events.js';
import { withRetryAfter } from './retry-after.js';

type TurnedAway = Extract<SchedulerEvent<InferenceJob>, { type: 'turned_away' }>;

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
  /** When the round arrived whose events are passed on, in the clock's milliseconds: all its tokens came then. */
  #roundMs = 0;

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

  /** The maximum number of prompt tokens that a round prefills now; undefined if that does not adapt. */
  get prefillChunk(): number | undefined {
    return this.#prefillChunk;
  }

  start(job: InferenceJob, queueMs: number): void {
    job.phase = { status: 'prefilling', queueMs, startedMs: this.#clock.now() };
    this.#running.set(job.generationId, job);
    // First, because the engine works while the others are notified.
    const failure = this.#handOver(job);
    this.#events.started(job, queueMs);
    job.listener.started(job);
    // The client may leave from within any of these calls.
    if (failure !== null && this.#isRunning(job)) this.#fail(job, failure);
  }

  /** A job gives up its slot, and keeps its listener. */
  pause(job: InferenceJob): void {
    this.#running.delete(job.generationId);
    this.#engine.cancel(job.generationId);
    job.pause(this.#clock.now());
    job.listener.paused?.();
    this.#events.paused(job);
  }

  /** A paused job continues where it was. */
  resume(job: InferenceJob): void {
    job.resume(this.#clock.now());
    this.#running.set(job.generationId, job);
    const failure = this.#handOver(job);
    if (failure !== null) this.#fail(job, failure);
  }

  turnAway({ job, stage, error }: TurnedAway): void {
    this.#forget(job);
    job.refusal = { stage, error };
    this.#events.turnedAway(job, stage, error);
    job.listener.failed(error);
  }

  /**
   * Ends a job whose client has left, whether it runs or waits; one that does neither is ignored. The engine is notified
   * before the next job in the line starts, so that the slot is free for it.
   *
   * @param refusal of another job, without which this one is useless: it counts as refused as well if it waits
   */
  cancel(job: InferenceJob, refusal: Refusal | null = null): void {
    const running = this.#isRunning(job);
    const paused = job.status === 'paused';
    if (!running && !paused && job.status !== 'waiting') return;
    this.#forget(job);
    if (running) this.#engine.cancel(job.generationId);
    if (running || paused) this.#events.settled(job, 'cancelled_running', null);
    else if (refusal === null) this.#events.settled(job, 'cancelled_waiting', null);
    else this.#events.turnedAway(job, refusal.stage, refusal.error);
    this.#scheduler.withdraw(job);
  }

  /** Ends all jobs that have begun with `draining`. @returns how many there were */
  abandon(): number {
    let abandoned = 0;
    for (const job of [...this.#scheduler.paused, ...this.#running.values()]) {
      // The listener of one job may end other jobs when it is called.
      if (job.status !== 'paused' && !this.#isRunning(job)) continue;
      abandoned += 1;
      if (job.status !== 'paused') this.#engine.cancel(job.generationId);
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
    this.#roundMs = this.#clock.now();
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
        // After a pause or an engine restart it starts again, in any slot; what was cached the first time is what counts.
        if (!job.hasBegun) {
          job.hasBegun = true;
          job.cachedTokens = event.cachedTokens;
          this.#scheduler.countCached(job, event.cachedTokens);
          readForeign(job, event.foreignTexts ?? []);
        }
        this.#vacate(event.slot, job.executor);
        job.slot = event.slot;
        return;
      case 'token':
        job.keepToken(event.token);
        this.#pass(job, event);
        return;
      case 'rated':
        job.addRatings(event.from, event.tokens);
        return;
      case 'embedded':
        job.listener.embedded?.(event.index, event.vector);
        return;
      case 'ended':
        this.#end(job, event);
        return;
      case 'failed':
        this.#fail(job, withRetryAfter(errorOf(event), this.#scheduler));
    }
  }

  /** Another job that still seems to be in the slot has lost it: its engine was restarted, and has not begun it again. */
  #vacate(slot: number, executor: string | null): void {
    for (const job of this.#running.values()) if (job.slot === slot && job.executor === executor) job.slot = null;
  }

  #pass(job: InferenceJob, { token, text, logprob }: Extract<GenerationEvent, { type: 'token' }>): void {
    const { reading } = job.plan;
    const wasThinking = reading.isThinking;
    const read = text === '' && logprob === undefined ? [] : reading.push(text, logprob);
    const parts = job.outputTokens === 0 ? [...job.takeRatings(), ...read] : read;
    const prefillMs = this.#countToken(job, wasThinking || reading.isThinking);
    job.listener.token?.(token, reading.holdsRatings);
    if (parts.length > 0) job.listener.parts(parts);
    // After the client, unless that has left from within these calls.
    if (prefillMs !== null && this.#isRunning(job)) this.#events.firstToken(job, prefillMs);
  }

  #end(job: InferenceJob, { reason, token, text, stop, logprob }: Extract<GenerationEvent, { type: 'ended' }>): void {
    const { reading } = job.plan;
    const wasThinking = reading.isThinking;
    const isCut = reason === 'length' || stop !== undefined;
    const parts = [...job.takeRatings(), ...reading.end(text, isCut, logprob)];
    if (token !== null) {
      const prefillMs = this.#countToken(job, wasThinking);
      if (prefillMs !== null) this.#events.firstToken(job, prefillMs);
      job.listener.token?.(token, false);
    }
    const timings = job.timings(this.#clock.now());
    this.#forget(job);
    this.#events.settled(job, 'completed', null, timings);
    // A stop string may end an answer in the middle of a call, which then cannot be made.
    const hasCalls = reading.calls > 0 && !(stop !== undefined && reading.endedInCall);
    job.listener.ended(reason === 'stop' && hasCalls ? 'tool_calls' : reason, parts, timings, stop ?? null);
    this.#scheduler.release(job);
  }

  /** @returns for the first token, the time from the start to it in milliseconds; null for the others */
  #countToken(job: InferenceJob, isReasoning: boolean): number | null {
    if (isReasoning) job.reasoningTokens += 1;
    this.#scheduler.countOutput(job);
    return job.countToken(this.#roundMs);
  }

  #fail(job: InferenceJob, error: ChatstreamError): void {
    this.#forget(job);
    this.#events.settled(job, 'failed', error);
    job.listener.failed(error);
    this.#scheduler.withdraw(job);
  }

  /** @returns the error if the job cannot be generated: its slot must become free for the next one */
  #handOver(job: InferenceJob): ChatstreamError | null {
    try {
      this.#engine.generate(job.spec);
      return null;
    } catch (error) {
      return asChatstreamError(error, 'engine_failed');
    }
  }

  #isRunning(job: InferenceJob): boolean {
    return this.#running.get(job.generationId) === job;
  }

  /** The first step of every end, so that no listener can end the job a second time. */
  #forget(job: InferenceJob): void {
    job.unwatch();
    this.#running.delete(job.generationId);
  }
}

/** The client has got it already; what follows depends only on the text that its token has written. */
const unknownRating = { text: '', bytes: null, logprob: 0, top: [] };

/** What another server has generated: its parts are with the client already, but what follows depends on them. */
function readForeign(job: InferenceJob, texts: readonly ForeignText[]): void {
  const { reading } = job.plan;
  const parts: AnswerPart[] = [];
  const isRated = job.request.logprobs !== undefined;
  for (const { text, written } of texts) {
    let isReasoning = reading.isThinking;
    if (isRated) parts.push(...reading.push(text, { ...unknownRating, written }));
    else if (text !== '') parts.push(...reading.push(text));
    isReasoning ||= reading.isThinking;
    if (isReasoning) job.reasoningTokens += 1;
  }
  job.foreignTokens = texts.length;
  if (parts.length > 0) job.listener.foreign?.(parts);
}

function errorOf({ code, message, param }: Extract<GenerationEvent, { type: 'failed' }>): ChatstreamError {
  return new ChatstreamError(code, message, param === undefined ? {} : { param });
}
