import type { LoadableModel, LoaderOptions, ModelUse } from '../../../src/core/lines/loadable-model.js';
import { ModelLoader } from '../../../src/core/lines/model-loader.js';
import { VirtualClock } from '../../support/virtual-clock.js';

/** A request to a fake model. Times in milliseconds. */
export interface FakeRequest {
  readonly arrivedMs: number;
  readonly durationMs: number;
  startedMs: number | null;
  endedMs: number | null;
}

export interface FakeModelOptions {
  readonly name: string;
  readonly bytes?: number;
  readonly loadMs?: number;
  readonly slots?: number;
}

/** A model that exists in virtual time only: it loads, runs and unloads for as long as it is told to. */
export class FakeModel implements LoadableModel {
  readonly name: string;
  readonly bytes: number;
  readonly expectedLoadMs: number;
  readonly requests: FakeRequest[] = [];
  /** What must never happen. */
  readonly faults: string[] = [];
  /** Whether its next load fails. */
  failure: 'model_unreadable' | 'out_of_memory' | null = null;
  readonly #slots: number;
  readonly #house: House;
  #isHeld = true;

  constructor({ name, bytes = 1, loadMs = 1000, slots = 2 }: FakeModelOptions, house: House) {
    this.name = name;
    this.bytes = bytes;
    this.expectedLoadMs = loadMs;
    this.#slots = slots;
    this.#house = house;
  }

  get use(): ModelUse {
    const [first] = this.#waiting;
    const running = this.#running.length;
    return { running, waitingSinceMs: first?.arrivedMs ?? null, isUsed: running > 0 || first !== undefined };
  }

  ask(durationMs: number): FakeRequest {
    const request = { arrivedMs: this.#house.clock.now(), durationMs, startedMs: null, endedMs: null };
    this.requests.push(request);
    this.#startWaiting();
    this.#house.loader.decide();
    return request;
  }

  /** Its clients leave. */
  forgetWaiting(): void {
    for (const request of this.#waiting) request.endedMs = this.#house.clock.now();
    this.#house.loader.decide();
  }

  load(): void {
    this.#house.log.push(`load ${this.name}`);
    this.#house.checkMemory();
    this.#house.clock.schedule(this.expectedLoadMs, () => {
      if (this.failure === null) this.#house.loader.loaded(this);
      else {
        this.#house.loader.failed(this, { code: this.failure });
        this.failure = null;
        this.#house.loader.decide();
      }
    });
  }

  unload(): void {
    this.#house.log.push(`unload ${this.name}`);
    if (this.#running.length > 0) this.faults.push(`${this.name} was unloaded while it generated`);
    this.#house.clock.schedule(100, () => {
      this.#house.loader.unloaded(this);
    });
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#startWaiting();
  }

  get #waiting(): readonly FakeRequest[] {
    return this.requests.filter(({ startedMs, endedMs }) => startedMs === null && endedMs === null);
  }

  get #running(): readonly FakeRequest[] {
    return this.requests.filter(({ startedMs, endedMs }) => startedMs !== null && endedMs === null);
  }

  #startWaiting(): void {
    if (this.#isHeld) return;
    if (this.#house.loader.stateOf(this).status !== 'loaded')
      this.faults.push(`${this.name} began while it was not loaded`);
    for (const request of this.#waiting.slice(0, Math.max(0, this.#slots - this.#running.length))) {
      request.startedMs = this.#house.clock.now();
      this.#house.clock.schedule(request.durationMs, () => {
        request.endedMs = this.#house.clock.now();
        this.#startWaiting();
        this.#house.loader.decide();
      });
    }
  }
}

/** Fake models and the loader that decides about them. */
export class House {
  readonly clock = new VirtualClock();
  readonly models: readonly FakeModel[];
  readonly loader: ModelLoader<FakeModel>;
  /** What the loader has told models to do. */
  readonly log: string[] = [];
  readonly faults: string[] = [];
  readonly #options: LoaderOptions;

  constructor(models: readonly FakeModelOptions[], options: Partial<LoaderOptions> = {}) {
    this.models = models.map((each) => new FakeModel(each, this));
    this.#options = { maxLoaded: 1, idleUnloadMs: 0, memoryBytes: Infinity, ...options };
    this.loader = new ModelLoader(this.models, this.#options, this.clock);
  }

  model(name: string): FakeModel {
    const found = this.models.find((model) => model.name === name);
    if (found === undefined) throw new Error(`There is no model ${name}.`);
    return found;
  }

  /** Starts the loader and lets it finish. */
  started(): this {
    this.loader.start();
    this.clock.advance(60_000);
    this.log.length = 0;
    return this;
  }

  checkMemory(): void {
    const taking = this.models.filter((model) => {
      const { status } = this.loader.stateOf(model);
      return status !== 'unloaded' && status !== 'failed';
    });
    if (taking.length > this.#options.maxLoaded) this.faults.push(`${taking.length} models were in memory`);
    const bytes = taking.reduce((sum, model) => sum + model.bytes, 0);
    if (taking.length > 1 && bytes > this.#options.memoryBytes) this.faults.push(`${bytes} bytes were taken`);
  }
}
