import type { Clock } from '../base/clock.js';
import { asChatstreamError, type ChatstreamError } from '../base/errors.js';
import { queueFullFor } from '../base/refusals/queue-refusals.js';
import type { EngineInfo, Token } from '../engine/engine.js';
import type { TokenSpelling } from '../engine/token-spelling.js';
import type { Executor } from '../executor/executor.js';
import type { AdmittedRequest, AnswerListener, InferenceRequest, Submission } from '../inference/request.js';
import { Inference, type InferenceOptions } from '../inference/service/inference.js';
import type { ModelService } from '../inference/service/served-model.js';
import type { SchedulerLimits } from '../scheduler/scheduler.js';
import type { LoadTimes } from './load-times.js';
import type { LoadableModel, ModelUse } from './loadable-model.js';
import { type LoadedEngine, OnDemandEngine } from './on-demand-engine.js';

/** The latest time at which clients are told to come back, in seconds: others may have left by then. */
const longestRetrySeconds = 60;

/** A model that is loaded on demand. */
export interface OnDemandModel {
  /** The name by which clients ask for it. */
  readonly name: string;
  /** The name of its file, without the extension. */
  readonly root: string;
  /** The size of its file; 0 for the mock engine. */
  readonly fileBytes: number;
  /**
   * The memory that it is forecast to take, in bytes.
   *
   * @param device where it was computed the last time that it was loaded; null if it never was
   */
  readonly forecastBytes: (device: string | null) => number;
  /** Whether it has several engines while it is loaded. */
  readonly isReplicated: boolean;
  /** Makes the engine for one load, or several that share its work. */
  readonly createEngine: () => LoadedEngine;
}

/** What a line shares with the part that decides about loading. */
export interface ModelLineHost {
  readonly loadTimes: LoadTimes;
  readonly onChange: () => void;
  readonly onLoaded: (line: ModelLine) => void;
  readonly onFailed: (line: ModelLine, error: ChatstreamError) => void;
  readonly onUnloaded: (line: ModelLine) => void;
  /** Why a request cannot wait for the model; null if it can. */
  readonly refusal: (line: ModelLine) => ChatstreamError | null;
  /** How long its loading is expected to take from now on, in milliseconds; null unless it is being loaded. */
  readonly loadLeftMs: (line: ModelLine) => number | null;
}

/** The line of one model, with the engine that comes and goes. */
export class ModelLine implements LoadableModel, ModelService {
  readonly name: string;
  readonly root: string;
  readonly engine: OnDemandEngine;
  readonly inference: Inference;
  /** Since the start. */
  loads = 0;
  failedLoads = 0;
  readonly #model: OnDemandModel;
  readonly #clock: Clock;
  readonly #host: ModelLineHost;
  #calls = 0;
  #isChanging = false;

  constructor(model: OnDemandModel, options: InferenceOptions, clock: Clock, host: ModelLineHost) {
    this.name = model.name;
    this.root = model.root;
    this.#model = model;
    this.#clock = clock;
    this.#host = host;
    const { onChange } = host;
    const refusal = (): ChatstreamError | null => host.refusal(this);
    const loadLeftMs = (): number | null => host.loadLeftMs(this);
    this.engine = new OnDemandEngine({ create: model.createEngine, clock, onChange, refusal, loadLeftMs });
    const replicas = model.isReplicated ? this.engine.replicas : null;
    this.inference = new Inference(this.engine, { ...options, replicas }, clock);
    this.inference.hold(true);
    this.inference.events(() => {
      this.#changeSoon();
    });
  }

  get bytes(): number {
    return this.#model.forecastBytes(this.info?.device ?? null);
  }

  get expectedLoadMs(): number {
    return this.#host.loadTimes.expectedMs(this.name, this.#model.fileBytes);
  }

  get use(): ModelUse {
    const { inference, engine } = this;
    const waits = [engine.waitingSinceMs, inference.waitingSinceMs].filter((since) => since !== null);
    return {
      running: inference.running + inference.paused + engine.calls,
      waitingSinceMs: waits.length === 0 ? null : Math.min(...waits),
      isUsed: this.#calls + engine.calls + inference.running + inference.waiting > 0,
    };
  }

  /** Its engines. One alone has the name of the model; the names of several begin with it. */
  get executors(): readonly Executor[] {
    const { executors } = this.inference;
    const { name: model } = this;
    return executors.map((each) => ({ ...each, model, ...(!this.#model.isReplicated && { name: model }) }));
  }

  get info(): EngineInfo | null {
    return this.inference.info;
  }

  get limits(): SchedulerLimits {
    return this.inference.limits;
  }

  submit(request: InferenceRequest, listener: AnswerListener, client: AbortSignal): Promise<AdmittedRequest> {
    return this.#used(this.inference.submit(request, listener, client));
  }

  submitAll(submissions: readonly Submission[], client: AbortSignal): Promise<AdmittedRequest> {
    return this.#used(this.inference.submitAll(submissions, client));
  }

  refuse(requests: readonly InferenceRequest[], error: ChatstreamError): void {
    this.inference.refuse(requests, error);
  }

  promptOf(request: InferenceRequest, client: AbortSignal): Promise<readonly Token[]> {
    return this.#used(this.inference.promptOf(request, client));
  }

  tokenize(...call: Parameters<ModelService['tokenize']>): Promise<readonly Token[]> {
    return this.#used(this.inference.tokenize(...call));
  }

  detokenize(...call: Parameters<ModelService['detokenize']>): Promise<string> {
    return this.#used(this.inference.detokenize(...call));
  }

  spell(...call: Parameters<ModelService['spell']>): Promise<readonly TokenSpelling[]> {
    return this.#used(this.inference.spell(...call));
  }

  load(): void {
    const startedMs = this.#clock.now();
    this.engine.start().then(
      () => {
        this.#host.loadTimes.measured(this.name, this.#model.fileBytes, this.#clock.now() - startedMs);
        this.loads += 1;
        this.#host.onLoaded(this);
      },
      (error: unknown) => {
        this.failedLoads += 1;
        this.#host.onFailed(this, asChatstreamError(error, 'engine_failed'));
      },
    );
  }

  unload(): void {
    void this.engine.stop().then(() => {
      this.#host.onUnloaded(this);
    });
  }

  hold(isHeld: boolean): void {
    this.engine.hold(isHeld);
    this.inference.hold(isHeld);
  }

  /** Ends all waits for the model; running generations continue. */
  refuseWaiting(error: () => ChatstreamError): void {
    this.engine.refuseWaiting(error);
    this.inference.turnAwayWaiting(error);
  }

  /** An event comes before everything that it leads to has been done. */
  #changeSoon(): void {
    if (this.#isChanging) return;
    this.#isChanging = true;
    queueMicrotask(() => {
      this.#isChanging = false;
      this.#host.onChange();
    });
  }

  /** While requests wait for the model, no place becomes free before it is loaded. */
  #withLoadTime(error: ChatstreamError): ChatstreamError {
    if (this.engine.waitingSinceMs === null) return error;
    const leftMs = this.#host.loadLeftMs(this) ?? this.expectedLoadMs;
    return queueFullFor(error, Math.min(longestRetrySeconds, Math.ceil(leftMs / 1000)));
  }

  /** Until the call is answered, the model is not idle: the request may be on its way into the line. */
  async #used<T>(call: Promise<T>): Promise<T> {
    this.#calls += 1;
    try {
      return await call;
    } catch (error) {
      throw this.#withLoadTime(asChatstreamError(error));
    } finally {
      this.#calls -= 1;
      this.#host.onChange();
    }
  }
}
