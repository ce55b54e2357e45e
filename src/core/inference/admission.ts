import { untilAborted, withDeadline } from '../base/abort.js';
import type { Clock } from '../base/clock.js';
import type { Demands, EngineInfo, ServingEngine, Token } from '../engine/engine.js';
import { queueTimeoutError } from '../scheduler/refusals.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import type { InferenceJob } from './inference-job.js';
import { assertFits, clientLeftError, engineDownError, stillLoadingError } from './refusals.js';
import type { InferenceRequest } from './request.js';

/** The way in: prepares requests while they hold a place, lets them into the queue, and refuses them for lack of an engine. */
export class Admission {
  readonly #engine: ServingEngine;
  readonly #scheduler: Scheduler<InferenceJob>;
  readonly #queueTimeoutMs: number;
  readonly #clock: Clock;
  #info: EngineInfo | null = null;
  #preparing = 0;

  /** @param queueTimeoutMs longest wait for the engine in milliseconds; 0 is unlimited */
  constructor(engine: ServingEngine, scheduler: Scheduler<InferenceJob>, queueTimeoutMs: number, clock: Clock) {
    this.#engine = engine;
    this.#scheduler = scheduler;
    this.#queueTimeoutMs = queueTimeoutMs;
    this.#clock = clock;
    if (engine.state.status === 'ready') this.#info = engine.state.info;
    engine.states((state) => {
      if (state.status === 'ready') this.#info = state.info;
      if (state.status === 'failed') {
        scheduler.turnAwayWaiting(() => engineDownError(scheduler.retryAfterSeconds()));
      }
    });
  }

  /** The model; null until it has been loaded for the first time. */
  get info(): EngineInfo | null {
    return this.#info;
  }

  /**
   * The request's prompt in tokens. A request that will be refused should not cost the engine anything, and those that
   * are being prepared hold a place.
   *
   * @throws ChatstreamError as `Inference.submit` does
   */
  async prepare(request: InferenceRequest, client: AbortSignal): Promise<readonly Token[]> {
    this.#scheduler.assertVacancy(this.#preparing);
    if (this.#info === null) throw stillLoadingError();
    // While the engine restarts this can take a while; nobody waits longer than they would have in the queue.
    const patience = withDeadline(client, this.#queueTimeoutMs, this.#clock, {
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

  /** @param leave called when the client leaves, also from within this call */
  admit(job: InferenceJob, client: AbortSignal, leave: () => void): void {
    // It may have left in the very turn in which its prompt became ready, and an aborted signal says so only once.
    if (client.aborted) throw clientLeftError();
    job.watch(client, leave);
    try {
      this.#scheduler.admit(job);
    } catch (refusal) {
      job.unwatch();
      throw refusal;
    }
  }
}

function demandsOf({ format, sampling: { logitBias } }: InferenceRequest): Demands {
  return { format, logitBias };
}
