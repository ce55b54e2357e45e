/** The state of a model's requests at one moment. */
export interface ModelUse {
  /** What unloading would interrupt: generations, and prompts that the engine works on. */
  readonly running: number;
  /** When the request that has waited longest arrived, in the clock's milliseconds; null while none waits. */
  readonly waitingSinceMs: number | null;
  /** Whether there is any request, also one on its way from one state to the next. */
  readonly isUsed: boolean;
}

/** A model as the loader sees it. */
export interface LoadableModel {
  readonly name: string;
  /** The memory that it is forecast to take, in bytes. */
  readonly bytes: number;
  readonly expectedLoadMs: number;
  readonly use: ModelUse;
  /** Answered by `ModelLoader.loaded` or `failed`. */
  load(): void;
  /** Answered by `ModelLoader.unloaded`. Called while nothing runs. */
  unload(): void;
  /** Whether waiting requests must keep waiting. At the beginning, they must. */
  hold(isHeld: boolean): void;
}

export type LoadState =
  | { readonly status: 'unloaded' }
  | { readonly status: 'loading'; readonly sinceMs: number }
  /** Loaded. If it is yielding, it finishes what runs, starts nothing, and is then unloaded. */
  | {
      readonly status: 'loaded';
      readonly sinceMs: number;
      /** Since when it has not been in use; null while it is. */
      readonly idleSinceMs: number | null;
      readonly isYielding: boolean;
    }
  | { readonly status: 'unloading' }
  /** Not tried again before `retryAtMs`. */
  | { readonly status: 'failed'; readonly retryAtMs: number };

export interface LoaderOptions {
  /** The maximum number of models in memory at once, 1 or more. */
  readonly maxLoaded: number;
  /** After how long without a request a model is unloaded, in milliseconds; 0 is never. */
  readonly idleUnloadMs: number;
  /** Memory for all models together, in bytes. A model that needs more by itself is loaded when no other is. */
  readonly memoryBytes: number;
}

/** A model with what the loader knows about it. */
export interface Loadable<M extends LoadableModel> {
  readonly model: M;
  state: LoadState;
  /** It did not fit beside others, whatever the forecast said. */
  needsAll: boolean;
}
