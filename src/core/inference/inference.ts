import type { Clock } from '../base/clock.js';
import { Emitter, type Subscribable } from '../base/emitter.js';
import { asChatstreamError, ChatstreamError } from '../base/errors.js';
import type { Demands, EngineInfo, GenerationEvent, Round, ServingEngine, Token } from '../engine/engine.js';
import {
  queueTimeoutError,
  Scheduler,
  type SchedulerEvent,
  type SchedulerLimits,
  type SchedulerOptions,
} from '../scheduler/scheduler.js';
import { untilAborted, withDeadline } from '../base/abort.js';
import { Generation } from './generation.js';
import { outcomeOfRefusal } from './outcomes.js';
import type { AnswerListener, InferenceEvent, InferenceRequest, Outcome, Timings } from './request.js';
import type { QueueSnapshot } from './snapshot.js';

export interface InferenceOptions extends SchedulerOptions {
  /** Sequences that the engine allocates: the upper limit for `maxConcurrency`. */
  readonly slots: number;
}

/**
 * The one joint of scheduler and engine: prepares a request, admits it, hands it to the engine when its turn comes, and
 * carries the engine's rounds to whoever asked.
 */
export class Inference {
  readonly #engine: ServingEngine;
  readonly #clock: Clock;
  readonly #slots: number;
  readonly #queueTimeoutMs: number;
  readonly #scheduler: Scheduler<Generation>;
  readonly #running = new Map<string, Generation>();
  readonly #events = new Emitter<InferenceEvent>();
  readonly #moves = new Emitter<undefined>();
  #info: EngineInfo | null = null;
  #preparing = 0;

  constructor(engine: ServingEngine, options: InferenceOptions, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
    this.#slots = options.slots;
    this.#queueTimeoutMs = options.queueTimeoutMs;
    this.#scheduler = new Scheduler(options, clock);
    this.#scheduler.events((event) => {
      this.#onScheduled(event);
    });
    engine.rounds((round) => {
      this.#onRound(round);
    });
    if (engine.state.status === 'ready') this.#info = engine.state.info;
    engine.states((state) => {
      if (state.status === 'ready') this.#info = state.info;
      if (state.status === 'failed') this.#scheduler.turnAwayWaiting(() => this.#engineUnavailable());
    });
  }

  get events(): Subscribable<InferenceEvent> {
    return this.#events.subscribe;
  }

  /** Emitted when waiting requests may have changed their position. */
  get moves(): Subscribable<undefined> {
    return this.#moves.subscribe;
  }

  /** The model; null until it has been loaded for the first time. */
  get info(): EngineInfo | null {
    return this.#info;
  }

  get limits(): SchedulerLimits {
    return this.#scheduler.limits;
  }

  /** Whether a request sent now could be served: the model is loaded and nobody shuts down. */
  get ready(): boolean {
    return this.#engine.state.status === 'ready' && !this.#scheduler.draining;
  }

  /** Why {@link ready} is false, in a word. The engine's own words go to the log: this is shown to strangers. */
  get readiness(): string {
    return this.#scheduler.draining ? 'draining' : this.#engine.state.status;
  }

  get running(): number {
    return this.#scheduler.running;
  }

  get waiting(): number {
    return this.#scheduler.waiting;
  }

  /**
   * Prepares and admits a request. Resolves once it waits or runs; from then on `listener` hears of it.
   *
   * @param signal aborted when the client leaves: the request ends at once wherever it is, and frees its slot
   * @throws ChatstreamError if it is refused: `queue_full`, `draining`, `context_length_exceeded`, `invalid_request`,
   *   `engine_unavailable`, or `cancelled` if the client has left already
   */
  async submit(request: InferenceRequest, listener: AnswerListener, signal: AbortSignal): Promise<void> {
    const arrivedMs = this.#clock.now();
    try {
      // A request that will be refused should not cost the engine anything, and those being prepared hold a place.
      this.#scheduler.assertVacancy(this.#preparing);
      const prompt = await this.#prepare(request, signal);
      this.#admit(request, prompt, listener, signal, arrivedMs);
    } catch (thrown) {
      const error = this.#withRetryAfter(asChatstreamError(thrown));
      // An engine that is down refuses newcomers; only those it had accepted have failed.
      const outcome = error.code === 'engine_unavailable' ? 'refused' : outcomeOfRefusal(error.code);
      if (outcome !== null) this.#emitSettled(request, outcome, error, notAdmitted, arrivedMs);
      throw error;
    }
  }

  /** @throws ChatstreamError `engine_unavailable` */
  tokenize(text: string): Promise<readonly Token[]> {
    return this.#engine.tokenize(text).catch(this.#rethrowWithRetryAfter);
  }

  /** @throws ChatstreamError `invalid_request` for a number outside the vocabulary, `engine_unavailable` */
  detokenize(tokens: readonly Token[]): Promise<string> {
    return this.#engine.detokenize(tokens).catch(this.#rethrowWithRetryAfter);
  }

  /** Where a waiting request stands; undefined once it runs or has ended. */
  place(id: string): { readonly position: number; readonly etaMs: number | null } | undefined {
    return this.#scheduler.view(id);
  }

  /** Both queues as they are now. Costs as much as there are requests in them. */
  snapshot(): QueueSnapshot {
    const now = this.#clock.now();
    const running = [...this.#running.values()].map((generation) => ({
      id: generation.id,
      slot: generation.slot,
      promptTokens: generation.prompt.length,
      outputTokens: generation.outputTokens,
      runningMs: generation.phase.name === 'waiting' ? 0 : now - generation.phase.startedMs,
    }));
    const waiting = [...this.#scheduler.waitingViews()];
    return { ...this.limits, slots: this.#slots, draining: this.#scheduler.draining, running, waiting };
  }

  /**
   * Changes the limits while running. Takes effect at once; running generations are never interrupted.
   *
   * @throws ChatstreamError `invalid_request` if there are fewer slots than `maxConcurrency`
   */
  resize(limits: Partial<SchedulerLimits>): void {
    if (limits.maxConcurrency !== undefined && limits.maxConcurrency > this.#slots) {
      throw new ChatstreamError(
        'invalid_request',
        `max_concurrency can be at most ${this.#slots}, the number of slots.`,
        {
          param: 'max_concurrency',
          hint: 'Start the server with more --slots to allow more.',
        },
      );
    }
    this.#scheduler.resize(limits);
  }

  /** Refuses newcomers, turns away those who wait; resolves when the last running generation has ended. */
  drain(): Promise<void> {
    return this.#scheduler.drain();
  }

  /** Ends every running generation with `draining`: the end of a drain's patience. @returns how many there were */
  abandonRunning(): number {
    let abandoned = 0;
    for (const generation of [...this.#running.values()]) {
      // Whoever is told may take others along.
      if (!this.#isRunning(generation)) continue;
      abandoned += 1;
      this.#engine.cancel(generation.id);
      const error = new ChatstreamError('draining', 'The server shut down before the answer was complete.', {
        hint: 'Send the request again in a moment, or to another server.',
        retryAfterSeconds: this.#scheduler.retryAfterSeconds(),
      });
      this.#fail(generation, error);
    }
    return abandoned;
  }

  async #prepare(request: InferenceRequest, signal: AbortSignal): Promise<readonly Token[]> {
    if (this.#info === null) {
      throw new ChatstreamError('engine_unavailable', 'The model is still being loaded.', {
        hint: 'Try again in a moment; /readyz says when it is ready.',
        retryAfterSeconds: 1,
      });
    }
    // While the engine restarts this can take a while; nobody waits longer than they would have in the queue.
    const patience = withDeadline(signal, this.#queueTimeoutMs, this.#clock, {
      aborted: clientLeftError,
      late: () => queueTimeoutError(this.#queueTimeoutMs, this.#scheduler.retryAfterSeconds()),
    });
    this.#preparing += 1;
    try {
      const prompt = await untilAborted(this.#engine.prepare(request.source, demandsOf(request)), patience.signal);
      assertFits(request, prompt.length, this.#info.contextLength);
      return prompt;
    } finally {
      this.#preparing -= 1;
      patience.dispose();
    }
  }

  #admit(
    request: InferenceRequest,
    prompt: readonly Token[],
    listener: AnswerListener,
    signal: AbortSignal,
    arrivedMs: number,
  ): void {
    // It may have left in the very turn in which its prompt became ready, and an aborted signal says so only once.
    if (signal.aborted) throw clientLeftError();
    const onAbort = (): void => {
      this.#cancel(generation);
    };
    const unwatch = (): void => {
      signal.removeEventListener('abort', onAbort);
    };
    const generation = new Generation(request, prompt, listener, arrivedMs, this.#clock.now(), unwatch);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.#scheduler.admit(request.id, generation);
    } catch (refusal) {
      unwatch();
      throw refusal;
    }
  }

  #onScheduled(event: SchedulerEvent<Generation>): void {
    switch (event.type) {
      case 'started':
        this.#start(event.job, event.waitedMs);
        return;
      case 'turned_away':
        event.job.unwatch();
        this.#settle(event.job, outcomeOfRefusal(event.error.code) ?? 'failed', event.error);
        event.job.listener.failed(event.error);
        return;
      case 'moved':
        this.#moves.emit(undefined);
    }
  }

  #start(generation: Generation, queueMs: number): void {
    generation.phase = { name: 'prefilling', queueMs, startedMs: this.#clock.now() };
    this.#running.set(generation.id, generation);
    this.#events.emit({ type: 'started', id: generation.id, queueMs });
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
        this.#settle(generation, 'completed', null, timings);
        generation.listener.ended(event.reason, event.text, timings);
        this.#scheduler.release(generation.id);
        return;
      }
      case 'failed':
        this.#fail(generation, this.#withRetryAfter(errorOf(event)));
    }
  }

  #countToken(generation: Generation): void {
    const now = this.#clock.now();
    generation.outputTokens += 1;
    generation.lastTokenMs = now;
    const { phase } = generation;
    if (phase.name !== 'prefilling') return;
    generation.phase = { ...phase, name: 'decoding', firstTokenMs: now };
    const sinceArrivalMs = now - generation.arrivedMs;
    this.#events.emit({ type: 'first_token', id: generation.id, prefillMs: now - phase.startedMs, sinceArrivalMs });
  }

  /** The client has left. The engine hears of it before the next in line is started, so that the slot is free for it. */
  #cancel(generation: Generation): void {
    const running = this.#isRunning(generation);
    this.#takeLeave(generation);
    if (running) this.#engine.cancel(generation.id);
    this.#settle(generation, running ? 'cancelled_running' : 'cancelled_waiting', null);
    this.#scheduler.withdraw(generation.id);
  }

  #fail(generation: Generation, error: ChatstreamError): void {
    this.#takeLeave(generation);
    this.#settle(generation, 'failed', error);
    generation.listener.failed(error);
    this.#scheduler.release(generation.id);
  }

  #isRunning(generation: Generation): boolean {
    return this.#running.get(generation.id) === generation;
  }

  /** First of all when a generation ends, so that nobody who is told of its end can end it once more. */
  #takeLeave(generation: Generation): void {
    generation.unwatch();
    this.#running.delete(generation.id);
  }

  #settle(
    generation: Generation,
    outcome: Outcome,
    error: ChatstreamError | null,
    timings = generation.timings(this.#clock.now()),
  ): void {
    this.#emitSettled(generation.request, outcome, error, timings, generation.arrivedMs);
  }

  #emitSettled(
    { id, requestId }: InferenceRequest,
    outcome: Outcome,
    error: ChatstreamError | null,
    timings: Timings,
    arrivedMs: number,
  ): void {
    const sinceArrivalMs = this.#clock.now() - arrivedMs;
    this.#events.emit({ type: 'settled', id, requestId: requestId ?? null, outcome, error, timings, sinceArrivalMs });
  }

  #engineUnavailable(): ChatstreamError {
    return new ChatstreamError('engine_unavailable', 'The engine is down and could not be restarted.', {
      hint: 'Try again later; the server log says why.',
      retryAfterSeconds: this.#scheduler.retryAfterSeconds(),
    });
  }

  readonly #rethrowWithRetryAfter = (thrown: unknown): never => {
    throw this.#withRetryAfter(asChatstreamError(thrown));
  };

  /** The engine knows that it is down, but not how busy we are. */
  #withRetryAfter(error: ChatstreamError): ChatstreamError {
    return error.code === 'engine_unavailable' && error.retryAfterSeconds === undefined
      ? this.#engineUnavailable()
      : error;
  }
}

function errorOf({ code, message, param }: Extract<GenerationEvent, { type: 'failed' }>): ChatstreamError {
  return new ChatstreamError(code, message, param === undefined ? {} : { param });
}

const notAdmitted: Timings = {
  queueMs: 0,
  prefillMs: 0,
  decodeMs: 0,
  promptTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
};

function demandsOf({ format, sampling: { logitBias } }: InferenceRequest): Demands {
  return { format, logitBias };
}

function clientLeftError(): ChatstreamError {
  return new ChatstreamError('cancelled', 'The client left before its request was admitted.');
}

function assertFits({ source }: InferenceRequest, promptTokens: number, contextLength: number): void {
  if (promptTokens < contextLength) return;
  throw new ChatstreamError(
    'context_length_exceeded',
    `The prompt has ${promptTokens} tokens, and the context of ${contextLength} must hold it and the answer.`,
    {
      param: source.kind === 'chat' ? 'messages' : 'prompt',
      hint: 'Shorten the prompt, or start the server with a larger --context.',
    },
  );
}
