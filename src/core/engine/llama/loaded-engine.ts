import { ChatstreamError } from '../../base/errors.js';
import type { Demands, EngineInfo, Prepared, PromptEngine, PromptSource, Token } from '../engine.js';
import type { Loading } from '../loading.js';
import type { TokenSpelling } from '../token-spelling.js';
import type { TokenizeOptions } from '../tokenize-options.js';
import { importLibrary, type Library } from './library/library.js';
import type { Prompter } from './prompter.js';

/** The parts of a model that have been loaded. */
interface LoadedParts {
  dispose(): Promise<void>;
}

/** What an engine works with once its model is loaded. */
interface WorkingParts {
  readonly prompter: Prompter;
}

type State<Loaded, Working> =
  | { readonly status: 'new' }
  | { readonly status: 'starting'; readonly starting: Promise<EngineInfo> }
  | { readonly status: 'ready'; readonly loaded: Loaded; readonly working: Working }
  | { readonly status: 'stopped' };

/** What all engines in this folder have in common: they load a model once, prepare prompts for it, and free it. */
export abstract class LoadedEngine<Loaded extends LoadedParts, Working extends WorkingParts> implements PromptEngine {
  readonly #onLoading: (loading: Loading) => void;
  #state: State<Loaded, Working> = { status: 'new' };

  /** @param onLoading called for each step of loading */
  constructor(onLoading: (loading: Loading) => void) {
    this.#onLoading = onLoading;
  }

  /** Loads the model; nothing stays loaded if that fails. */
  protected abstract load(library: Library, onLoading: (loading: Loading) => void): Promise<Loaded>;

  /** Makes an engine of the model. If that fails, the model is freed. */
  protected abstract open(
    library: Library,
    loaded: Loaded,
  ): Promise<{ readonly info: EngineInfo; readonly working: Working }>;

  /** Ends everything that runs, before the model is freed. */
  protected abstract end(working: Working): Promise<void>;

  async start(): Promise<EngineInfo> {
    if (this.#state.status !== 'new') throw new ChatstreamError('internal', 'The engine has already been started.');
    const starting = this.#start();
    this.#state = { status: 'starting', starting };
    return await starting;
  }

  async #start(): Promise<EngineInfo> {
    this.#onLoading({ step: 'library' });
    const library = await importLibrary();
    const loaded = await this.load(library, this.#onLoading);
    try {
      const { info, working } = await this.open(library, loaded);
      this.#state = { status: 'ready', loaded, working };
      return info;
    } catch (error) {
      await loaded.dispose();
      throw error;
    }
  }

  // These are async so that everything they throw becomes a rejection.
  async prepare(source: PromptSource, demands?: Demands, signal?: AbortSignal): Promise<Prepared> {
    return await this.working.prompter.prepare(source, demands, signal);
  }

  async tokenize(text: string, options?: TokenizeOptions, signal?: AbortSignal): Promise<readonly Token[]> {
    return await this.working.prompter.tokenize(text, options, signal);
  }

  async detokenize(tokens: readonly Token[], signal?: AbortSignal): Promise<string> {
    return await this.working.prompter.detokenize(tokens, signal);
  }

  async spell(tokens: readonly Token[], signal?: AbortSignal): Promise<readonly TokenSpelling[]> {
    return await this.working.prompter.spell(tokens, signal);
  }

  async stop(): Promise<void> {
    // Loading cannot be interrupted. If it fails, it cleans up after itself, and `start` reports the error.
    if (this.#state.status === 'starting') await this.#state.starting.catch(() => undefined);
    if (this.#state.status !== 'ready') return;
    const { loaded, working } = this.#state;
    this.#state = { status: 'stopped' };
    await this.end(working);
    await working.prompter.stop();
    await loaded.dispose();
  }

  protected get isReady(): boolean {
    return this.#state.status === 'ready';
  }

  /** @throws ChatstreamError `engine_unavailable` before it is ready, and when it is stopped */
  protected get working(): Working {
    if (this.#state.status === 'ready') return this.#state.working;
    throw new ChatstreamError('engine_unavailable', `The engine is ${this.#state.status}.`);
  }
}
