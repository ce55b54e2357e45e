import type { Clock } from '../base/clock.js';
import { Emitter, type Subscribable } from '../base/emitter.js';
import type { ChatstreamError } from '../base/errors.js';
import { modelLoadingFailedError, noSuchModelError } from '../base/refusals/model-refusals.js';
import { drainingError, notStartedError } from '../base/refusals/queue-refusals.js';
import { engineStoppedError } from '../base/refusals/refusals.js';
import type { Executor } from '../executor/executor.js';
import type { QueueSnapshot } from '../inference/queue/queue-snapshot.js';
import type { ModelQueue, RequestLine } from '../inference/queue/request-line.js';
import type { InferenceOptions } from '../inference/service/inference.js';
import type { ListedModel, ModelLoading, ServedModel, ServedModels } from '../inference/service/served-model.js';
import { checkReserves } from '../scheduler/fairness/reserves.js';
import type { SchedulerLimits } from '../scheduler/scheduler.js';
import { JoinedLines } from './joined-lines.js';
import { commonLimits, linesSnapshot } from './lines-snapshot.js';
import { LoadTimes } from './load-times.js';
import type { LoaderOptions } from './loadable-model.js';
import { ModelLine, type OnDemandModel } from './model-line.js';
import { ModelLoader } from './model-loader.js';
import { listedNames, modelMeant, nameInAnswer } from './model-names.js';

export interface ModelLinesOptions extends InferenceOptions, LoaderOptions {
  /** Names that stand for the first model, and `*` for any name. */
  readonly aliases: readonly string[];
}

/** What happened to a model, for the log. */
export type LoadEvent =
  | { readonly type: 'loaded' | 'unloaded'; readonly line: ModelLine }
  /** Tried again when all others are gone: `isTriedAgain`. */
  | {
      readonly type: 'failed';
      readonly line: ModelLine;
      readonly error: ChatstreamError;
      readonly isTriedAgain: boolean;
    };

/** Several models of one server, each with a line and an engine; some of them are loaded. */
export class ModelLines extends JoinedLines<ModelLine> implements RequestLine, ServedModels {
  readonly lines: readonly ModelLine[];
  readonly #options: ModelLinesOptions;
  readonly #clock: Clock;
  readonly #loader: ModelLoader<ModelLine>;
  readonly #loads = new Emitter<LoadEvent>();
  readonly #loadTimes = new LoadTimes();
  #hasStarted = false;
  #isDraining = false;
  #hasStopped = false;

  /** @param models at least one; the first is the default */
  constructor(models: readonly OnDemandModel[], options: ModelLinesOptions, clock: Clock) {
    super();
    this.#options = options;
    this.#clock = clock;
    this.lines = models.map((model) => this.#newLine(model));
    this.#loader = new ModelLoader(this.lines, options, clock);
    for (const line of this.lines) this.join(line);
  }

  get loads(): Subscribable<LoadEvent> {
    return this.#loads.subscribe;
  }

  protected get all(): readonly ModelLine[] {
    return this.lines;
  }

  /** Loads the first models. Rejects if one of them cannot be loaded. */
  async start(): Promise<void> {
    const first = new Set(this.#loader.start());
    await new Promise<void>((resolve, reject) => {
      const unsubscribe = this.#loads.subscribe((event) => {
        first.delete(event.line);
        if (event.type === 'failed' && !event.isTriedAgain) reject(event.error);
        if (first.size === 0) resolve();
        if (first.size === 0) unsubscribe();
      });
    });
    this.#hasStarted = true;
  }

  /** Unloads everything, and refuses requests that wait for a model. */
  async stop(): Promise<void> {
    this.#hasStopped = true;
    this.#loader.stop();
    for (const line of this.lines) line.refuseWaiting(engineStoppedError);
    await Promise.all(this.lines.map(({ engine }) => engine.stop()));
  }

  find(wanted: string | null | undefined): ServedModel {
    const line = this.#lineFor(wanted);
    return { name: nameInAnswer(wanted, line), inference: line, loading: () => this.#loading(line) };
  }

  meant(name: string): object | undefined {
    return this.#answering(name);
  }

  get list(): readonly ListedModel[] {
    return listedNames(this.lines, this.#options.aliases).map(({ model, id }) => this.#listed(model, id));
  }

  describe(id: string): ListedModel {
    return this.#listed(this.#lineFor(id), id);
  }

  /** The lines one by one. */
  get modelQueues(): readonly ModelQueue[] {
    return this.lines.map((line) => ({
      name: line.name,
      state: this.#loader.stateOf(line).status,
      etaMs: this.#loading(line)?.etaMs ?? null,
      ...line.limits,
      slots: this.#options.slots,
      running: line.inference.running,
      waiting: line.inference.waiting,
      preparing: line.inference.preparing,
      loads: line.loads,
      failedLoads: line.failedLoads,
      answersTo: (name) => this.#answering(name) === line,
      resize: (limits) => {
        line.inference.resize(limits);
      },
    }));
  }

  get limits(): SchedulerLimits {
    return commonLimits(this.lines);
  }

  /** `ready` once the models of the start are loaded, unless all engines have failed since. */
  get readiness(): string {
    if (this.#isDraining) return 'draining';
    if (!this.#hasStarted) return 'starting';
    const loaded = this.lines.filter((line) => this.#loader.stateOf(line).status === 'loaded');
    const [first] = loaded;
    if (first === undefined || loaded.some(({ inference }) => inference.ready)) return 'ready';
    return first.inference.readiness;
  }

  /** The engines of loaded models, by the names of these. */
  get executors(): readonly Executor[] {
    const loaded = this.lines.filter((line) => this.#loader.stateOf(line).status === 'loaded');
    return loaded.flatMap(({ executors }) => executors);
  }

  snapshot(most = Number.POSITIVE_INFINITY, payer: string | null = null): QueueSnapshot {
    return linesSnapshot(this.lines, most, payer);
  }

  /** Changes every line. */
  resize(limits: Partial<SchedulerLimits>): void {
    for (const { inference } of this.lines) inference.resize(limits);
  }

  /** @throws ChatstreamError `usage` if a line would have no place for others; nothing is changed then */
  configureKeys(...changes: Parameters<RequestLine['configureKeys']>): void {
    const [terms, classReserves = new Map()] = changes;
    const { fair } = this.#options;
    if (fair !== undefined) {
      for (const { limits } of this.lines) checkReserves({ terms, classReserves }, fair.policy, limits.maxConcurrency);
    }
    for (const { inference } of this.lines) inference.configureKeys(...changes);
  }

  /** Requests that wait for a model are turned away as well. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    this.#loader.stop();
    const drained = Promise.all(this.lines.map(({ inference }) => inference.drain()));
    for (const { engine } of this.lines) engine.refuseWaiting(() => notStartedError(1));
    await drained;
  }

  #newLine(model: OnDemandModel): ModelLine {
    return new ModelLine(model, this.#options, this.#clock, {
      loadTimes: this.#loadTimes,
      onChange: () => {
        this.#loader.decide();
      },
      onLoaded: (line) => {
        this.#loader.loaded(line);
        this.#loads.emit({ type: 'loaded', line });
      },
      onFailed: (line, error) => {
        // What was being loaded when the server stops has not failed.
        if (this.#hasStopped) return;
        const isTriedAgain = this.#loader.failed(line, error);
        if (!isTriedAgain) line.refuseWaiting(() => this.#failure(line));
        this.#loads.emit({ type: 'failed', line, error, isTriedAgain });
        this.#loader.decide();
      },
      onUnloaded: (line) => {
        this.#loader.unloaded(line);
        this.#loads.emit({ type: 'unloaded', line });
      },
      refusal: (line) => {
        if (this.#isDraining) return drainingError(1);
        const state = this.#loader.stateOf(line);
        return state.status === 'failed' && state.retryAtMs > this.#clock.now() ? this.#failure(line) : null;
      },
      loadLeftMs: (line) => (this.#loader.stateOf(line).status === 'loading' ? this.#loader.etaMs(line) : null),
    });
  }

  #failure(line: ModelLine): ChatstreamError {
    const state = this.#loader.stateOf(line);
    const leftMs = state.status === 'failed' ? state.retryAtMs - this.#clock.now() : 0;
    return modelLoadingFailedError(line.name, Math.max(1, Math.ceil(leftMs / 1000)));
  }

  #loading(line: ModelLine): ModelLoading | null {
    const state = this.#loader.stateOf(line);
    if (state.status === 'loaded' && !state.isYielding) return null;
    return { model: line.name, etaMs: this.#loader.etaMs(line) };
  }

  #listed(line: ModelLine, id: string): ListedModel {
    return { id, root: line.root, info: line.info, state: this.#loader.stateOf(line).status };
  }

  #lineFor(wanted: string | null | undefined): ModelLine {
    const found = this.#answering(wanted);
    if (found !== undefined) return found;
    throw noSuchModelError(
      wanted ?? '',
      this.lines.map(({ name }) => name),
    );
  }

  #answering(wanted: string | null | undefined): ModelLine | undefined {
    return modelMeant(wanted, this.lines, this.#options.aliases);
  }
}
