import { setImmediate as nextIteration } from 'node:timers/promises';
import { untilAborted, withDeadline } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';
import { deadlineError, notStartedError, queueTimeoutError } from '../../base/refusals/queue-refusals.js';
import { clientLeftError, engineDownError, engineLoadingError } from '../../base/refusals/refusals.js';
import { TurnsByOwner } from '../../base/turns-by-owner.js';
import type { EngineInfo, Prepared, PromptSource, ServingEngine, Token } from '../../engine/engine.js';
import type { JobScheduler } from '../../scheduler/job-scheduler.js';
import { type Claimant, noKey } from '../../scheduler/jobs/demand.js';
import { usualClass } from '../../scheduler/jobs/traffic-class.js';
import { type AnswerPlan, AnswerPlans } from '../answers/answer-plans.js';
import type { InferenceJob } from '../queue/inference-job.js';
import type { InferenceRequest } from '../request.js';
import { hasManyParts, isLongWork } from './long-work.js';
import { PlacesByPayer } from './places-by-payer.js';
import { assertFits, assertRatable, assertServed } from './prompt-limits.js';
import { afterFewestSteps } from './shortening.js';

/** The part of the context that is kept free for the answer when a prompt is shortened. */
const roomForAnswer = 0.25;

/** A prompt that fits, and how to answer it. */
export interface AdmissiblePrompt extends Prepared {
  readonly plan: AnswerPlan;
}

/** The sender of something to the engine; left out if there is none in particular. */
export type Caller = Pick<InferenceRequest, 'key' | 'payer' | 'address' | 'trafficClass'>;

/** The way into the queue: prepares and admits requests, and refuses them while there is no engine. */
export class Admission {
  readonly #engine: ServingEngine;
  readonly #scheduler: JobScheduler<InferenceJob>;
  readonly #queueTimeoutMs: number;
  readonly #clock: Clock;
  readonly #plans = new AnswerPlans();
  /** Of work that takes long. */
  readonly #turns = new TurnsByOwner();
  #info: EngineInfo | null = null;
  /** Requests that are being prepared: those for which places are held back, and all others. */
  readonly #promised = new PlacesByPayer();
  readonly #pending = new PlacesByPayer();
  /** Calls that hold places of their payers. They are short, and take no place from a request. */
  readonly #calls = new PlacesByPayer();

  /** @param queueTimeoutMs longest wait for the engine in milliseconds; 0 is unlimited */
  constructor(engine: ServingEngine, scheduler: JobScheduler<InferenceJob>, queueTimeoutMs: number, clock: Clock) {
    this.#engine = engine;
    this.#scheduler = scheduler;
    this.#queueTimeoutMs = queueTimeoutMs;
    this.#clock = clock;
    if (engine.state.status === 'ready') this.#info = engine.state.info;
    engine.states((state) => {
      if (state.status === 'ready') this.#info = state.info;
      if (state.status === 'failed' && state.generates !== true) {
        scheduler.turnAwayWaiting(() => engineDownError({ retryAfterSeconds: scheduler.retryAfterSeconds() }));
      }
    });
    engine.rounds(({ device }) => {
      if (device !== undefined && this.#info !== null) this.#info = { ...this.#info, device };
    });
  }

  /** The model; null until it has been loaded for the first time. */
  get info(): EngineInfo | null {
    return this.#info;
  }

  /** Number of requests that are being prepared. */
  get preparing(): number {
    return this.#promised.total + this.#pending.total + this.#calls.total;
  }

  /**
   * The prompts of requests in tokens, and their output formats in the engine's form. Requests that will be refused
   * should cost the engine nothing, so requests hold a place while they are prepared. Several generations of one
   * prompt, which have the same source, are prepared once.
   *
   * @throws ChatstreamError as `Inference.submit` does
   */
  prepare(requests: readonly InferenceRequest[], client: AbortSignal): Promise<readonly AdmissiblePrompt[]> {
    const [first] = requests;
    const payer = first === undefined ? noKey : claimantOf(first).payer;
    if (this.#hasReserved(requests, this.#promised.of(payer))) {
      return this.#promised.during(payer, requests.length, () => this.#prepareAll(requests, client));
    }
    this.#assertKeyRoom(requests);
    this.#assertPlaces(requests);
    return this.#pending.during(payer, requests.length, () => this.#prepareAll(requests, client));
  }

  #prepareAll(requests: readonly InferenceRequest[], client: AbortSignal): Promise<readonly AdmissiblePrompt[]> {
    const deadlineMs = Math.min(...requests.map((request) => request.deadlineMs ?? Infinity));
    return this.#whileServed(deadlineMs, client, async (signal, info) => {
      for (const { source, assertModel } of requests) {
        assertServed(source, info);
        assertModel?.(info);
      }
      const prepared = await this.#prepareEach(requests, info.contextLength, signal);
      return requests.flatMap((request, index) => {
        const prompt = prepared[index];
        return prompt === undefined ? [] : [{ plan: this.#plans.plan(request, prompt, info), ...prompt }];
      });
    });
  }

  async #prepareEach(
    requests: readonly InferenceRequest[],
    contextLength: number,
    signal: AbortSignal,
  ): Promise<readonly Prepared[]> {
    const [only, ...others] = requests;
    // The usual case, without what several need.
    if (only !== undefined && others.length === 0) return [await this.#prepareFitting(only, contextLength, signal)];
    const bySource = new Map<PromptSource, Promise<Prepared>>();
    const prepareOnce = (request: InferenceRequest): Promise<Prepared> => {
      const begun = bySource.get(request.source) ?? this.#prepareFitting(request, contextLength, signal);
      bySource.set(request.source, begun);
      return begun;
    };
    return await Promise.all(requests.map(prepareOnce));
  }

  /**
   * The tokens of the request's prompt. It costs the engine as much as preparing a request does, so it is refused in the
   * same cases; but the prompt need not fit.
   *
   * @throws ChatstreamError as `Inference.submit` does
   */
  promptOf(request: InferenceRequest, client: AbortSignal): Promise<readonly Token[]> {
    return this.holdPlace(request, () =>
      this.#whileServed(Infinity, client, async (signal, info) => {
        assertServed(request.source, info);
        return (await this.#prepare(request, signal)).prompt;
      }),
    );
  }

  /**
   * Holds a place during a call that costs the engine as much as preparing a request: an idle slot that is reserved for
   * the caller, or otherwise a place in the line.
   *
   * @throws ChatstreamError `queue_full`, `draining`
   */
  async holdPlace<T>(caller: Caller, call: () => Promise<T>): Promise<T> {
    const { payer } = claimantOf(caller);
    const others = this.#promised.of(payer) + this.#calls.of(payer);
    if (this.#hasReserved([caller], others)) return await this.#calls.during(payer, 1, call);
    this.#assertPlaces([caller]);
    return await this.#pending.during(payer, 1, call);
  }

  /** @param deadlineMs time from now after which starting what is prepared is useless */
  async #whileServed<T>(
    deadlineMs: number,
    client: AbortSignal,
    work: (signal: AbortSignal, info: EngineInfo) => Promise<T>,
  ): Promise<T> {
    if (this.#info === null && this.#engine.load === undefined) throw engineLoadingError();
    const patience = this.#patience(client, deadlineMs);
    const endMs = this.#clock.now() + deadlineMs;
    try {
      if (this.#engine.load !== undefined) {
        await this.#engine.load(patience.signal, (etaMs) => {
          // The load continues, so that a later request finds the model.
          if (this.#clock.now() + etaMs >= endMs) patience.abort(deadlineError(retryAfter(etaMs)));
        });
      }
      if (this.#info === null) throw engineLoadingError();
      return await work(patience.signal, this.#info);
    } finally {
      patience.dispose();
    }
  }

  /**
   * While an engine restarts or a model is loaded, preparing can take a while. No request waits longer for that than it may in
   * the queue, nor beyond its deadline.
   */
  #patience(client: AbortSignal, deadlineMs: number): ReturnType<typeof withDeadline> {
    const timeoutMs = this.#queueTimeoutMs === 0 ? Infinity : this.#queueTimeoutMs;
    const ms = Math.min(timeoutMs, deadlineMs);
    const late = (): Error => {
      const seconds = this.#scheduler.retryAfterSeconds();
      return deadlineMs <= timeoutMs ? deadlineError(seconds) : queueTimeoutError(timeoutMs, seconds);
    };
    return withDeadline(client, Number.isFinite(ms) ? ms : 0, this.#clock, { aborted: clientLeftError, late });
  }

  /** The prompt, shortened if it does not fit and the request allows it. */
  async #prepareFitting(request: InferenceRequest, contextLength: number, signal: AbortSignal): Promise<Prepared> {
    const { source: asked, shortening } = request;
    // Neither sent to the engine nor back: a megabyte has half a million.
    if (asked.type === 'tokens') assertFits(request, asked.tokens.length, contextLength - 1, contextLength);
    const prepare = async (source: PromptSource, room: number): Promise<Prepared> => {
      const prepared = await this.#prepare({ ...request, source }, signal);
      assertFits(request, prepared.prompt.length, contextLength - room, contextLength);
      assertRatable(request, prepared.prompt.length);
      return prepared;
    };
    if (shortening === undefined) return await prepare(request.source, 1);
    // A prompt that fills the context would leave no room for the answer, and the next one would have to be shortened again.
    const room = Math.min(request.maxTokens, Math.ceil(contextLength * roomForAnswer));
    return await afterFewestSteps(shortening.steps, (step) => {
      const source = step === 0 ? request.source : shortening.source(step);
      return prepare(source, step === shortening.steps ? 1 : room);
    });
  }

  #prepare(request: InferenceRequest, signal: AbortSignal): Promise<Prepared> {
    const { source, format, sampling, stopTokens } = request;
    const demands = { format, logitBias: sampling.logitBias, stopTokens };
    const prepare = async (): Promise<Prepared> => {
      if (hasManyParts(source)) await nextIteration();
      return await this.#engine.prepare(source, demands, signal);
    };
    return this.inTurn(request, isLongWork(request), prepare, signal);
  }

  /**
   * Has the engine do work for a request or a call. It does everything at once that it is asked for, piece by piece. So of the work
   * that takes long, it gets one piece at a time from each key, or from each address without a key: a client that sends much of it
   * waits for its own.
   *
   * @param signal aborted when the caller no longer waits. The engine may still take a moment to notice.
   */
  inTurn<T>(caller: Caller, isLong: boolean, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const ask = (): Promise<T> => untilAborted(work(), signal);
    return isLong ? this.#turns.take(caller.address ?? claimantOf(caller).payer, ask, signal) : ask();
  }

  /** Whether all of them can be admitted. @throws ChatstreamError as `Inference.submit` does */
  assertRoom(jobs: readonly InferenceJob[]): void {
    if (this.#scheduler.draining) throw notStartedError(this.#scheduler.retryAfterSeconds());
    const requests = jobs.map(({ request }) => request);
    const [first] = requests;
    if (first === undefined || this.#hasReserved(requests)) return;
    const claimant = claimantOf(first);
    const { room } = this.#scheduler;
    room.assertVacancyFor(claimant, jobs.length);
    room.assertKey(claimant, jobs.length);
    room.assertTokens(
      jobs.map(({ promptTokens }) => promptTokens),
      claimant,
    );
  }

  /** Requests that are being prepared hold places already; some of these are places that no other request may have. */
  #assertPlaces(requests: readonly Caller[]): void {
    const [first] = requests;
    if (first === undefined) return;
    this.#scheduler.room.assertVacancyFor(claimantOf(first), requests.length, this.#pending);
  }

  /** Whether they and `others` would start at once, however long the line is. All of them come with one key. */
  #hasReserved(requests: readonly Caller[], others = 0): boolean {
    const [first] = requests;
    return first !== undefined && this.#scheduler.hasReserved(claimantOf(first), requests.length + others);
  }

  /** All of them come with one key. */
  #assertKeyRoom(requests: readonly InferenceRequest[]): void {
    const [first] = requests;
    if (first !== undefined) this.#scheduler.room.assertKey(claimantOf(first), requests.length);
  }

  /** @param leave called when the client leaves, also from within this call */
  admit(job: InferenceJob, client: AbortSignal, leave: () => void): void {
    // The client may have left at the very moment when the prompt became ready; an aborted signal fires only once.
    if (client.aborted) throw clientLeftError();
    job.watch(client, leave);
    try {
      this.#scheduler.admit(job);
    } catch (error) {
      job.unwatch();
      throw error;
    }
  }
}

/** When to ask again for a model that is being loaded: in 1 to 60 s. */
function retryAfter(etaMs: number): number {
  return Math.min(60, Math.max(1, Math.ceil(etaMs / 1000)));
}

/** Who asks, and in which class. */
function claimantOf({ key = noKey, payer = key, trafficClass = usualClass }: Caller): Required<Claimant> {
  return { key, payer, trafficClass };
}
