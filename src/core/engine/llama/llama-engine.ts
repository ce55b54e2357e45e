import { basename, extname } from 'node:path';
import { type Clock, systemClock } from '../../base/clock.js';
import { Emitter } from '../../base/emitter.js';
import { ChatstreamError } from '../../base/errors.js';
import type { Demands, Engine, EngineInfo, GenerationSpec, PromptSource, Round, Token } from '../engine.js';
import type { LlamaEngineOptions } from '../options.js';
import { describeDevice } from './device.js';
import { type EngineLog, importLibrary, type Library } from './library.js';
import { type LoadedModel, loadModel } from './load.js';
import { Prompts } from './prompts.js';
import { RoundLoop } from './round-loop.js';
import { SlotAssignment } from './slot-assignment.js';
import { Slot } from './slots.js';

export interface LlamaEngineDependencies {
  readonly clock?: Clock;
  /** Receives llama.cpp's warnings and errors; by default they are dropped. */
  readonly log?: EngineLog;
  /** Called with the number of sequences in each batch that is decoded. */
  readonly onBatch?: (batchSize: number) => void;
}

type State =
  | { readonly status: 'new' }
  | { readonly status: 'starting'; readonly loading: Promise<EngineInfo> }
  | {
      readonly status: 'ready';
      readonly loaded: LoadedModel;
      readonly prompts: Prompts;
      readonly assignment: SlotAssignment;
      readonly loop: RoundLoop;
    }
  | { readonly status: 'stopped' };

/**
 * An engine that runs a GGUF model with llama.cpp in this process, which should have been started with
 * `UV_THREADPOOL_SIZE=1` (docs/architecture.md). Native code is loaded by `start`, not before.
 */
export function createLlamaEngine(options: LlamaEngineOptions, dependencies: LlamaEngineDependencies = {}): Engine {
  return new LlamaEngine(options, dependencies);
}

class LlamaEngine implements Engine {
  readonly #options: LlamaEngineOptions;
  readonly #clock: Clock;
  readonly #log: EngineLog;
  readonly #onBatch: ((batchSize: number) => void) | undefined;
  readonly #rounds = new Emitter<Round>();
  #state: State = { status: 'new' };

  constructor(options: LlamaEngineOptions, { clock = systemClock, log, onBatch }: LlamaEngineDependencies) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log ?? (() => undefined);
    this.#onBatch = onBatch;
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
    const library = await importLibrary();
    const hooks = { clock: this.#clock, log: this.#log, onBatch: this.#onBatch };
    const loaded = await loadModel(library, this.#options, hooks);
    try {
      const prompts = new Prompts(loaded.model, loaded.contextLength);
      const info = await this.#describe(loaded, prompts);
      const assignment = this.#assignSlots(library, loaded, prompts);
      this.#state = { status: 'ready', loaded, prompts, assignment, loop: this.#startLoop(assignment) };
      return info;
    } catch (error) {
      await loaded.dispose();
      throw error;
    }
  }

  #assignSlots(library: Library, loaded: LoadedModel, prompts: Prompts): SlotAssignment {
    const { prefillChunk } = this.#options;
    const slots = loaded.sequences.map((sequence, index) => new Slot(index, sequence));
    return new SlotAssignment(library, loaded, prompts, { slots, prefillChunk });
  }

  #startLoop(assignment: SlotAssignment): RoundLoop {
    const loop = new RoundLoop(assignment, this.#options.prefillChunk, this.#clock);
    loop.rounds((round) => {
      this.#rounds.emit(round);
    });
    return loop;
  }

  async #describe({ file, model, contextLength, threads }: LoadedModel, prompts: Prompts): Promise<EngineInfo> {
    const { modelPath, slots } = this.#options;
    return {
      engine: 'llama',
      modelId: basename(modelPath, extname(modelPath)),
      contextLength,
      slots,
      device: await describeDevice(model, threads),
      architecture: file.architecture,
      parameters: file.parameters,
      trainedContextLength: file.trainedContextLength,
      vocabularySize: prompts.vocabularySize,
      fileBytes: file.fileBytes,
      warnings: await prompts.problems(),
      chatStop: prompts.chatStop,
    };
  }

  // These three are async so that everything they throw becomes a rejection.
  async prepare(source: PromptSource, demands?: Demands): Promise<readonly Token[]> {
    const { prompts, assignment } = this.#ready();
    if (demands !== undefined) await assignment.check(demands);
    return await prompts.prepare(source);
  }

  async tokenize(text: string): Promise<readonly Token[]> {
    return await this.#ready().prompts.tokenize(text);
  }

  async detokenize(tokens: readonly Token[]): Promise<string> {
    return await Promise.resolve(this.#ready().prompts.detokenize(tokens));
  }

  generate(spec: GenerationSpec): void {
    this.#ready().loop.generate(spec);
  }

  cancel(id: string): void {
    if (this.#state.status === 'ready') this.#state.loop.cancel(id);
  }

  async stop(): Promise<void> {
    // Loading cannot be interrupted. If it fails, it cleans up after itself, and `start` reports the error.
    if (this.#state.status === 'starting') await this.#state.loading.catch(() => undefined);
    if (this.#state.status !== 'ready') return;
    const { loop, loaded } = this.#state;
    this.#state = { status: 'stopped' };
    await loop.stop();
    await loaded.dispose();
  }

  #ready(): Extract<State, { status: 'ready' }> {
    if (this.#state.status === 'ready') return this.#state;
    throw new ChatstreamError('engine_unavailable', `The engine is ${this.#state.status}.`);
  }
}
