import { untilAborted } from '../base/abort.js';
import type { Clock } from '../base/clock.js';
import { Emitter, type Subscribable } from '../base/emitter.js';
import { ChatstreamError } from '../base/errors.js';
import type {
  Demands,
  EngineInfo,
  EngineState,
  GenerationSpec,
  Prepared,
  PromptSource,
  Round,
  ServingEngine,
  Token,
} from '../engine/engine.js';
import type { TokenSpelling } from '../engine/token-spelling.js';
import type { TokenizeOptions } from '../engine/tokenize-options.js';
import type { Replicas } from '../executor/executor.js';
import { OnDemandReplicas } from './on-demand-replicas.js';

/** The engine of a model while it is loaded. */
export interface LoadedEngine {
  readonly engine: ServingEngine;
  /** Null if it is one engine. */
  readonly replicas: Replicas | null;
}

export interface OnDemandOptions {
  /** Makes the engine for one load, or several that share its work. */
  readonly create: () => LoadedEngine;
  readonly clock: Clock;
  /** A request has begun or ceased to wait for the model, or to use the engine. */
  readonly onChange: () => void;
  /** Why it is impossible to wait for the model; null if it is possible. */
  readonly refusal: () => ChatstreamError | null;
  /** How long loading is expected to take from now on, in milliseconds; null unless the model is being loaded. */
  readonly loadLeftMs: () => number | null;
}

interface Waiter {
  readonly sinceMs: number;
  readonly onLoading: (etaMs: number) => void;
  readonly resolve: () => void;
  readonly reject: (error: ChatstreamError) => void;
}

/**
 * An engine that is made when its model is loaded, and is gone when it is unloaded. What needs the model waits until it is
 * there. While it is not, the state is `stopped`.
 */
export class OnDemandEngine implements ServingEngine {
  readonly #options: OnDemandOptions;
  readonly #rounds = new Emitter<Round>();
  readonly #states = new Emitter<EngineState>();
  readonly #waiters = new Set<Waiter>();
  /** Of a model with several engines. */
  readonly replicas = new OnDemandReplicas();
  #engine: ServingEngine | null = null;
  #isHeld = true;
  #calls = 0;

  constructor(options: OnDemandOptions) {
    this.#options = options;
  }

  get state(): EngineState {
    return this.#engine?.state ?? { status: 'stopped' };
  }

  get states(): Subscribable<EngineState> {
    return this.#states.subscribe;
  }

  get rounds(): Subscribable<Round> {
    return this.#rounds.subscribe;
  }

  /** Calls that are being answered. */
  get calls(): number {
    return this.#calls;
  }

  /** Since when the first of those waits that wait for the model; null if none does. */
  get waitingSinceMs(): number | null {
    for (const { sinceMs } of this.#waiters) return sinceMs;
    return null;
  }

  /** Loads the model. It is not used before {@link hold} allows it. */
  async start(): Promise<EngineInfo> {
    const { engine, replicas } = this.#options.create();
    this.#engine = engine;
    this.replicas.follow(replicas);
    this.#tellLoading([...this.#waiters]);
    engine.rounds((round) => {
      this.#rounds.emit(round);
    });
    let hasServed = false;
    engine.states((state) => {
      if (state.status === 'ready') hasServed = true;
      // An error of loading is reported where it is loaded.
      if (hasServed) this.#states.emit(state);
    });
    try {
      return await engine.start();
    } catch (error) {
      await engine.stop();
      this.#forget();
      throw error;
    }
  }

  /** Unloads the model. */
  async stop(): Promise<void> {
    this.#isHeld = true;
    await this.#engine?.stop();
    this.#forget();
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (isHeld) return;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const { resolve } of waiters) resolve();
  }

  /** Ends all waits for the model. */
  refuseWaiting(error: () => ChatstreamError): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const { reject } of waiters) reject(error());
  }

  /** Resolves when the model is loaded. */
  load(signal: AbortSignal, onLoading?: (etaMs: number) => void): Promise<void> {
    return this.#call(signal, () => Promise.resolve(), onLoading);
  }

  prepare(source: PromptSource, demands?: Demands, signal?: AbortSignal): Promise<Prepared> {
    return this.#call(signal, (engine) => engine.prepare(source, demands, signal));
  }

  tokenize(text: string, options?: TokenizeOptions, signal?: AbortSignal): Promise<readonly Token[]> {
    return this.#call(signal, (engine) => engine.tokenize(text, options, signal));
  }

  detokenize(tokens: readonly Token[], signal?: AbortSignal): Promise<string> {
    return this.#call(signal, (engine) => engine.detokenize(tokens, signal));
  }

  spell(tokens: readonly Token[], signal?: AbortSignal): Promise<readonly TokenSpelling[]> {
    return this.#call(signal, (engine) => engine.spell(tokens, signal));
  }

  generate(spec: GenerationSpec): void {
    if (this.#engine === null)
      throw new ChatstreamError('internal', 'A generation began while its model was not loaded.');
    this.#engine.generate(spec);
  }

  cancel(id: string): void {
    this.#engine?.cancel(id);
  }

  /** The call counts from the moment at which the engine may be used, so that it cannot be unloaded in between. */
  async #call<T>(
    signal: AbortSignal | undefined,
    ask: (engine: ServingEngine) => Promise<T>,
    onLoading: (etaMs: number) => void = () => undefined,
  ): Promise<T> {
    let engine = this.#usable();
    while (engine === null) {
      await this.#loaded(signal, onLoading);
      engine = this.#usable();
    }
    this.#calls += 1;
    try {
      return await ask(engine);
    } finally {
      this.#calls -= 1;
      this.#options.onChange();
    }
  }

  #forget(): void {
    this.#engine = null;
    this.replicas.follow(null);
  }

  #usable(): ServingEngine | null {
    return this.#isHeld ? null : this.#engine;
  }

  #tellLoading(waiters: readonly Waiter[]): void {
    const etaMs = this.#options.loadLeftMs();
    if (etaMs !== null) for (const { onLoading } of waiters) onLoading(etaMs);
  }

  async #loaded(signal: AbortSignal | undefined, onLoading: (etaMs: number) => void): Promise<void> {
    const refusal = this.#options.refusal();
    if (refusal !== null) throw refusal;
    // Loading may begin at once.
    const hasBegun = this.#options.loadLeftMs() !== null;
    const { waiter, loaded } = waiterFrom(this.#options.clock.now(), onLoading);
    this.#waiters.add(waiter);
    this.#options.onChange();
    if (hasBegun) this.#tellLoading([waiter]);
    try {
      await (signal === undefined ? loaded : untilAborted(loaded, signal));
    } finally {
      // If it has been given up, it still waits.
      if (this.#waiters.delete(waiter)) this.#options.onChange();
    }
  }
}

function waiterFrom(
  sinceMs: number,
  onLoading: (etaMs: number) => void,
): { readonly waiter: Waiter; readonly loaded: Promise<void> } {
  let settle: Pick<Waiter, 'resolve' | 'reject'> = { resolve: () => undefined, reject: () => undefined };
  const loaded = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { waiter: { sinceMs, onLoading, ...settle }, loaded };
}
