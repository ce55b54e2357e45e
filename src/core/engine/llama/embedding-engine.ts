import { type Clock, systemClock } from '../../base/clock.js';
import { Emitter } from '../../base/emitter.js';
import { asChatstreamError, ChatstreamError } from '../../base/errors.js';
import { encodeVector, inputsOf, unitVector } from '../embedding.js';
import {
  type Engine,
  type EngineInfo,
  failedEvent,
  type GenerationEvent,
  type GenerationSpec,
  type Round,
  type Token,
} from '../engine.js';
import type { Loading } from '../loading.js';
import type { LlamaEngineOptions } from '../options.js';
import { deviceDescription } from './library/device.js';
import { type EngineLog, type Library, libraryTokens } from './library/library.js';
import { LoadedEngine } from './loaded-engine.js';
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

/** What a request is answered with. */
interface Embedder {
  readonly prompter: Prompter;
  readonly context: LoadedEmbeddingModel['context'];
}

/**
 * An engine that computes embeddings with a GGUF model in this process. A round is one input: the library computes one
 * at a time, so running requests take turns, one input each, and a long list does not hold up a short one. A cancelled
 * request ends after the input that is being computed.
 */
export function createLlamaEmbeddingEngine(
  options: LlamaEngineOptions,
  dependencies: EmbeddingEngineDependencies = {},
): Engine {
  return new LlamaEmbeddingEngine(options, dependencies);
}

class LlamaEmbeddingEngine extends LoadedEngine<LoadedEmbeddingModel, Embedder> implements Engine {
  readonly #options: LlamaEngineOptions;
  readonly #clock: Clock;
  readonly #log: EngineLog;
  readonly #rounds = new Emitter<Round>();
  /** In the order of their turns. */
  readonly #running = new Map<string, Work>();
  /** The loop that computes; resolves when there is nothing left to do. */
  #computing: Promise<void> | null = null;

  constructor(options: LlamaEngineOptions, { clock = systemClock, log, onLoading }: EmbeddingEngineDependencies) {
    super(onLoading ?? (() => undefined));
    this.#options = options;
    this.#clock = clock;
    this.#log = log ?? (() => undefined);
  }

  get rounds(): Engine['rounds'] {
    return this.#rounds.subscribe;
  }

  protected override async load(
    library: Library,
    onLoading: (loading: Loading) => void,
  ): Promise<LoadedEmbeddingModel> {
    return await loadEmbeddingModel(library, this.#options, this.#log, onLoading);
  }

  protected override async open(
    library: Library,
    { model, contextLength, file, pooling, threads, context }: LoadedEmbeddingModel,
  ): Promise<{ readonly info: EngineInfo; readonly working: Embedder }> {
    const prompts = new Prompts(model, contextLength);
    const describe = await deviceDescription(model);
    const info = modelInfo(this.#options, file, {
      contextLength,
      device: describe([threads]),
      vocabularySize: prompts.vocabularySize,
      promptCache: { status: 'off', reason: 'embeddings are always computed from whole inputs' },
      warnings: [],
      chatStop: [],
      chatTemplate: null,
      embeddings: { dimensions: model.embeddingVectorSize, pooling },
    });
    return { info, working: { context, prompter: new Prompter(library, model, prompts) } };
  }

  protected override async end(): Promise<void> {
    this.#running.clear();
    await this.#computing;
  }

  generate(spec: GenerationSpec): void {
    const { context } = this.working;
    this.#running.set(spec.id, { id: spec.id, inputs: inputsOf(spec), next: 0 });
    this.#computing ??= this.#computeAll(context);
  }

  cancel(id: string): void {
    this.#running.delete(id);
  }

  async #computeAll(context: Embedder['context']): Promise<void> {
    // `generate` itself reports nothing.
    await Promise.resolve();
    for (let [work] = this.#running.values(); work !== undefined; [work] = this.#running.values()) {
      // Behind all others.
      this.#running.delete(work.id);
      this.#running.set(work.id, work);
      await this.#computeNext(work, context);
    }
    this.#computing = null;
  }

  async #computeNext(work: Work, context: Embedder['context']): Promise<void> {
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
    // It may have been cancelled in the meantime, and another one may have its id.
    if (this.#running.get(id) !== work) return;
    const last = events.at(-1)?.type;
    if (last === 'ended' || last === 'failed') this.#running.delete(id);
    this.#rounds.emit({ durationMs: this.#clock.now() - startedMs, batchSize: 1, events });
  }
}

/** @throws ChatstreamError `engine_failed` for a vector without a direction, which a damaged model may give */
function directionOf(vector: readonly number[]): Float32Array {
  const unit = unitVector(vector);
  if (unit === null) throw new ChatstreamError('engine_failed', 'The model gave a vector without a direction.');
  return unit;
}
