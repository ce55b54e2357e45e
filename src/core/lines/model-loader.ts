import type { CancelTimer, Clock } from '../base/clock.js';
import type { ChatstreamError } from '../base/errors.js';
import type { Loadable, LoadableModel, LoaderOptions, LoadState } from './loadable-model.js';
import { roomIn, victimsFor } from './making-room.js';

/** How long a model that could not be loaded is not tried again, in milliseconds. */
const retryMs = 10_000;

/**
 * Decides which models are in memory. It has no engine: it is told what happens, and tells models to load and unload.
 *
 * - One model is loaded at a time: the one whose request has waited longest. Nothing overtakes it, so that it gets its
 *   room however large it is.
 * - Room is made by models that are not in use, the least recently used first.
 * - If that is not enough, a model in use has to yield, but only to a request that has waited as long as all of its own, and
 *   once it has served for as long as loading both takes. So half of the time at most goes into loading.
 * - A model that yields finishes what runs. Nothing that runs is ever interrupted.
 */
export class ModelLoader<M extends LoadableModel> {
  readonly #entries: readonly Loadable<M>[];
  readonly #options: LoaderOptions;
  readonly #clock: Clock;
  /** Those that are loaded at the start, in their order. */
  readonly #first: Loadable<M>[] = [];
  #cancelTimer: CancelTimer = () => undefined;
  #hasStopped = false;

  constructor(models: readonly M[], options: LoaderOptions, clock: Clock) {
    this.#entries = models.map((model) => ({ model, state: { status: 'unloaded' }, needsAll: false }));
    this.#options = options;
    this.#clock = clock;
  }

  stateOf(model: M): LoadState {
    return this.#entry(model).state;
  }

  /** Loads as many as there is room for, in their order. @returns which */
  start(): readonly M[] {
    for (const entry of this.#entries) if (roomIn(this.#first, entry, this.#options)) this.#first.push(entry);
    const models = this.#first.map(({ model }) => model);
    this.decide();
    return models;
  }

  /** Loads and unloads nothing any more. */
  stop(): void {
    this.#hasStopped = true;
    this.#cancelTimer();
  }

  /** How long it will take until a model is loaded, in milliseconds; null if that depends on others. */
  etaMs(model: M): number | null {
    const { state } = this.#entry(model);
    if (state.status === 'loading') return Math.max(0, state.sinceMs + model.expectedLoadMs - this.#clock.now());
    const isNext = this.#wanted()?.model === model && !this.#isLoading;
    if (!isNext) return null;
    const victims = victimsFor(this.#entry(model), this.#entries, this.#options, this.#clock.now());
    const canGoNow = victims?.every((victim) => victim.model.use.running === 0) ?? false;
    return canGoNow ? model.expectedLoadMs : null;
  }

  loaded(model: M): void {
    const entry = this.#entry(model);
    const nowMs = this.#clock.now();
    entry.state = { status: 'loaded', sinceMs: nowMs, idleSinceMs: nowMs, isYielding: false };
    this.#forgetFirst(entry);
    model.hold(false);
    this.decide();
  }

  /**
   * It could not be loaded. The caller ends its waiting requests, unless it is tried again, and calls {@link decide}.
   *
   * @returns whether it is tried again once all others are gone: there was not enough memory beside them
   */
  failed(model: M, { code }: Pick<ChatstreamError, 'code'>): boolean {
    const entry = this.#entry(model);
    const isTriedAgain = code === 'out_of_memory' && this.#occupying().length > 1;
    if (isTriedAgain) entry.needsAll = true;
    entry.state = isTriedAgain ? { status: 'unloaded' } : { status: 'failed', retryAtMs: this.#clock.now() + retryMs };
    this.#forgetFirst(entry);
    return isTriedAgain;
  }

  unloaded(model: M): void {
    this.#entry(model).state = { status: 'unloaded' };
    this.decide();
  }

  /** Requests came, moved on, or ended. Never called from within `hold`. */
  decide(): void {
    this.#cancelTimer();
    if (this.#hasStopped) return;
    const nowMs = this.#clock.now();
    for (const entry of this.#entries) noteUse(entry, nowMs);
    const wanted = this.#wanted();
    const isLoading = this.#entries.some(({ state }) => state.status === 'loading');
    const victims = wanted === undefined || isLoading ? null : victimsFor(wanted, this.#entries, this.#options, nowMs);
    for (const entry of this.#entries) this.#letYield(entry, victims?.includes(entry) ?? false);
    for (const entry of this.#entries) if (this.#hasIdledEnough(entry, nowMs)) this.#unload(entry);
    if (wanted !== undefined && !isLoading && roomIn(this.#occupying(), wanted, this.#options)) {
      wanted.state = { status: 'loading', sinceMs: nowMs };
      wanted.model.load();
    }
    this.#scheduleNext(nowMs);
  }

  #letYield(entry: Loadable<M>, mustYield: boolean): void {
    const { state, model } = entry;
    if (state.status !== 'loaded') return;
    if (state.isYielding !== mustYield) {
      entry.state = { ...state, isYielding: mustYield };
      model.hold(mustYield);
    }
    if (mustYield && model.use.running === 0) this.#unload(entry);
  }

  #unload(entry: Loadable<M>): void {
    entry.model.hold(true);
    entry.state = { status: 'unloading' };
    entry.model.unload();
  }

  #hasIdledEnough({ state }: Loadable<M>, nowMs: number): boolean {
    const dueMs = state.status === 'loaded' ? this.#idleEndMs(state.idleSinceMs) : null;
    // Timers may fire a little early.
    return dueMs !== null && nowMs >= dueMs - 0.5;
  }

  #idleEndMs(idleSinceMs: number | null): number | null {
    const { idleUnloadMs } = this.#options;
    return idleUnloadMs === 0 || idleSinceMs === null ? null : idleSinceMs + idleUnloadMs;
  }

  /** The model that is to be loaded next: at the start the first of those, then the one that was asked for first. */
  #wanted(): Loadable<M> | undefined {
    const [first] = this.#first.filter(({ state }) => state.status === 'unloaded');
    if (first !== undefined) return first;
    const asked = this.#entries.filter((entry) => this.#mayBeLoaded(entry) && sinceMs(entry) < Infinity);
    return asked.reduce<Loadable<M> | undefined>(
      (oldest, entry) => (oldest === undefined || sinceMs(entry) < sinceMs(oldest) ? entry : oldest),
      undefined,
    );
  }

  get #isLoading(): boolean {
    return this.#entries.some(({ state }) => state.status === 'loading');
  }

  #mayBeLoaded({ state }: Loadable<M>): boolean {
    return state.status === 'unloaded' || (state.status === 'failed' && this.#clock.now() >= state.retryAtMs);
  }

  #occupying(): readonly Loadable<M>[] {
    return this.#entries.filter(({ state: { status } }) => status !== 'unloaded' && status !== 'failed');
  }

  /** The next time at which something can change although nothing happens: a model has been idle or has served for long enough. */
  #scheduleNext(nowMs: number): void {
    const wanted = this.#wanted();
    const dueMs = this.#entries.flatMap(({ state, model }) => {
      if (state.status !== 'loaded') return [];
      const idleMs = this.#idleEndMs(state.idleSinceMs);
      const servedMs = wanted === undefined ? null : state.sinceMs + model.expectedLoadMs + wanted.model.expectedLoadMs;
      return [idleMs, servedMs].filter((due) => due !== null && due > nowMs);
    });
    if (dueMs.length === 0) return;
    this.#cancelTimer = this.#clock.schedule(Math.min(...dueMs.map(Number)) - nowMs, () => {
      this.decide();
    });
  }

  #forgetFirst(entry: Loadable<M>): void {
    const index = this.#first.indexOf(entry);
    if (index >= 0) this.#first.splice(index, 1);
  }

  #entry(model: M): Loadable<M> {
    const found = this.#entries.find((entry) => entry.model === model);
    if (found === undefined) throw new Error(`The loader does not know the model "${model.name}".`);
    return found;
  }
}

function sinceMs({ model }: Loadable<LoadableModel>): number {
  return model.use.waitingSinceMs ?? Infinity;
}

function noteUse(entry: Loadable<LoadableModel>, nowMs: number): void {
  const { state, model } = entry;
  if (state.status !== 'loaded') return;
  const idleSinceMs = model.use.isUsed ? null : (state.idleSinceMs ?? nowMs);
  if (idleSinceMs !== state.idleSinceMs) entry.state = { ...state, idleSinceMs };
}
