import { type Clock, systemClock } from '../../base/clock.js';
import { Emitter } from '../../base/emitter.js';
import { asChatstreamError, ChatstreamError } from '../../base/errors.js';
import { encodeVector, inputsOf, unitVector } from '../embedding.js';
import {
  type Demands,
  type Engine,
  type EngineInfo,
  failedEvent,
  type GenerationEvent,
  type GenerationSpec,
  type Prepared,
  type PromptSource,
  type Round,
  type Token,
} from '../engine.js';
import type { Loading } from '../loading.js';
import type { LlamaEngineOptions } from '../options.js';
import { deviceDescription } from './library/device.js';
import { type EngineLog, importLibrary, libraryTokens } from './library/library.js';
import { type LoadedEmbeddingModel, loadEmbeddingModel } from './loading/embedding-load.js';
import { modelInfo } from './model-info.js';
import { Prompter } from './prompter.js';
import { Prompts } from './prompts.js';

export interface EmbeddingEngineDependencies {
  readonly clock?: Clock;
  /** Receives llama.cpp's warnings and errors; by default they are dropped. */
  readonly log?: EngineLog;
  /** Called for each step of loading. */
  readonly onLoading?: (loading: Loading) => void;
}

/** A request whose inputs are being computed. */
interface Work {
  readonly id: string;
  readonly inputs: readonly (readonly Token[])[];
  /** The number of the next input. */
  next: number;
}

type State =
  | { readonly status: 'new' }
  | { readonly status: 'starting'; readonly loading: Promise<EngineInfo> }
  | { readonly status: 'ready'; readonly loaded: LoadedEmbeddingModel; readonly prompter: Prompter }
  | { readonly status: 'stopped' };

/**
 * An engine that computes embeddings with a GGUF model in this process. A round is one input: the library computes one at a
 * time, so running requests take turns, an input each, and a long list does not hold up a short one. A cancelled request
 * ends after the input that is being computed.
 */
export function createLlamaEmbeddingEngine(
  options: LlamaEngineOptions,
  dependencies: EmbeddingEngineDependencies = {},
): Engine {
  return new LlamaEmbeddingEngine(options, dependencies);
}

class LlamaEmbeddingEngine implements Engine {
  readonly #options: LlamaEngineOptions;
  readonly #clock: Clock;
  readonly #log: EngineLog;
  readonly #onLoading: (loading: Loading) => void;
  readonly #rounds = new Emitter<Round>();
  /** In the order of their turns. */
  readonly #running = new Map<string, Work>();
  /** The loop that computes; resolves when nothing is left. */
  #computing: Promise<void> | null = null;
  #state: State = { status: 'new' };

  constructor(options: LlamaEngineOptions, { clock = systemClock, log, onLoading }: EmbeddingEngineDependencies) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log ?? (() => undefined);
    this.#onLoading = onLoading ?? (() => undefined);
  }

  get rounds(): Engine['rounds'] {
    return this.#rounds.subscribe;
  }

  async start(): Promise<EngineInfo> {
    if (this.#state.status !== 'new') throw new ChatstreamError('internal', 'The engine has already been started.');
    const loading = this.#load();
    this.#state = { status: 'starting', loading };
    return await loading;
  }

  async #load(): Promise<EngineInfo> {
    this.#onLoading({ step: 'library' });
    const library = await importLibrary();
    const loaded = await loadEmbeddingModel(library, this.#options, this.#log, this.#onLoading);
    const { model, contextLength, file, pooling } = loaded;
    try {
      const prompts = new Prompts(model, contextLength);
      const describe = await deviceDescription(model);
      this.#state = { status: 'ready', loaded, prompter: new Prompter(library, model, prompts) };
      return modelInfo(this.#options, file, {
        contextLength,
        device: describe([loaded.threads]),
        vocabularySize: prompts.vocabularySize,
        promptCache: { status: 'off', reason: 'embeddings are always computed from whole inputs' },
        warnings: [],
        chatStop: [],
        chatTemplate: null,
        embeddings: { dimensions: model.embeddingVectorSize, pooling },
      });
    } catch (error) {
      await loaded.dispose();
      throw error;
    }
  }

  // These are async so that everything they throw becomes a rejection.
  async prepare(source: PromptSource, demands?: Demands, signal?: AbortSignal): Promise<Prepared> {
    return await this.#ready().prompter.prepare(source, demands, signal);
  }

  async tokenize(text: string, signal?: AbortSignal): Promise<readonly Token[]> {
    return await this.#ready().prompter.tokenize(text, signal);
  }

  async detokenize(tokens: readonly Token[], signal?: AbortSignal): Promise<string> {
    return await this.#ready().prompter.detokenize(tokens, signal);
  }

  generate(spec: GenerationSpec): void {
    const { loaded } = this.#ready();
    this.#running.set(spec.id, { id: spec.id, inputs: inputsOf(spec), next: 0 });
    this.#computing ??= this.#computeAll(loaded);
  }

  cancel(id: string): void {
    this.#running.delete(id);
  }

  async stop(): Promise<void> {
    // Loading cannot be interrupted. If it fails, it cleans up after itself, and `start` reports the error.
    if (this.#state.status === 'starting') await this.#state.loading.catch(() => undefined);
    if (this.#state.status !== 'ready') return;
    const { loaded, prompter } = this.#state;
    this.#state = { status: 'stopped' };
    this.#running.clear();
    await this.#computing;
    await prompter.stop();
    await loaded.dispose();
  }

  async #computeAll(loaded: LoadedEmbeddingModel): Promise<void> {
    // `generate` reports nothing itself.
    await Promise.resolve();
    for (let [work] = this.#running.values(); work !== undefined; [work] = this.#running.values()) {
      // Behind all others.
      this.#running.delete(work.id);
      this.#running.set(work.id, work);
      await this.#computeNext(work, loaded);
    }
    this.#computing = null;
  }

  async #computeNext(work: Work, { context }: LoadedEmbeddingModel): Promise<void> {
    const startedMs = this.#clock.now();
    const events: GenerationEvent[] = [];
    const { id, next: index } = work;
    if (index === 0) events.push({ type: 'started', id, slot: 0, cachedTokens: 0 });
    work.next += 1;
    try {
      const { vector } = await context.getEmbeddingFor(libraryTokens(work.inputs[index] ?? []));
      events.push({ type: 'embedded', id, index, vector: encodeVector(directionOf(vector)) });
      const isLast = work.next >= work.inputs.length;
      if (isLast) events.push({ type: 'ended', id, reason: 'stop', token: null, text: '' });
    } catch (error) {
      events.push(failedEvent(id, asChatstreamError(error, 'engine_failed')));
    }
    // It may have been cancelled meanwhile, and another one may have its id.
    if (this.#running.get(id) !== work) return;
    const last = events.at(-1)?.type;
    if (last === 'ended' || last === 'failed') this.#running.delete(id);
    this.#rounds.emit({ durationMs: this.#clock.now() - startedMs, batchSize: 1, events });
  }

  #ready(): Extract<State, { status: 'ready' }> {
    if (this.#state.status === 'ready') return this.#state;
    throw new ChatstreamError('engine_unavailable', `The engine is ${this.#state.status}.`);
  }
}

/** @throws ChatstreamError `engine_failed` for a vector without a direction, which a damaged model may give */
function directionOf(vector: readonly number[]): Float32Array {
  const unit = unitVector(vector);
  if (unit === null) throw new ChatstreamError('engine_failed', 'The model gave a vector without a direction.');
  return unit;
}
