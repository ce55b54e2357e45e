import { type Clock, systemClock } from '../../base/clock.js';
import { Emitter } from '../../base/emitter.js';
import { openFilesLimit } from '../../base/files/open-files.js';
import { cacheBytes } from '../../gguf/kv-cache.js';
import { mainMemory } from '../../gguf/memory-need.js';
import type { Engine, EngineInfo, GenerationSpec, Round } from '../engine.js';
import type { Loading } from '../loading.js';
import type { LlamaEngineOptions } from '../options.js';
import { cacheMemory, mostEntries } from '../prompt-cache/cache-memory.js';
import { PromptCache } from '../prompt-cache/prompt-cache.js';
import { memoryFileSystem } from '../prompt-cache/state-files.js';
import type { PromptCacheInfo } from '../prompt-cache-activity.js';
import { deviceDescription } from './library/device.js';
import type { EngineLog, Library } from './library/library.js';
import { LoadedEngine } from './loaded-engine.js';
import { type LoadedModel, loadModel } from './loading/load.js';
import { modelInfo } from './model-info.js';
import { Prompter } from './prompter.js';
import { Prompts } from './prompts.js';
import { RoundLoop } from './round-loop.js';
import { AdaptiveChunk } from './rounds/adaptive-chunk.js';
import { RoundThreads } from './rounds/round-threads.js';
import { SlotAssignment } from './slot-assignment.js';
import { rewindingOf, Slot } from './slots/slots.js';

export interface LlamaEngineDependencies {
  readonly clock?: Clock;
  /** Receives llama.cpp's warnings and errors; by default they are dropped. */
  readonly log?: EngineLog;
  /** Called with the number of sequences in each batch that is decoded. */
  readonly onBatch?: (batchSize: number) => void;
  /** Called while the model is loaded, with the current step. */
  readonly onLoading?: (loading: Loading) => void;
}

/** What is needed to generate. */
interface Generator {
  readonly prompter: Prompter;
  readonly cache: PromptCache<Slot>;
  readonly loop: RoundLoop;
}

/**
 * An engine that runs a GGUF model with llama.cpp in this process, which should have been started with
 * `UV_THREADPOOL_SIZE=1` (docs/architecture/engine.md). Native code is loaded by `start`, not before.
 *
 * It also prepares prompts, but the server leaves that to a prompt engine in another process: here,
 * every call delays the rounds.
 */
export function createLlamaEngine(options: LlamaEngineOptions, dependencies: LlamaEngineDependencies = {}): Engine {
  return new LlamaEngine(options, dependencies);
}

class LlamaEngine extends LoadedEngine<LoadedModel, Generator> implements Engine {
  readonly #options: LlamaEngineOptions;
  readonly #clock: Clock;
  readonly #log: EngineLog;
  readonly #onBatch: ((batchSize: number) => void) | undefined;
  readonly #rounds = new Emitter<Round>();

  constructor(options: LlamaEngineOptions, { clock = systemClock, log, onBatch, onLoading }: LlamaEngineDependencies) {
    super(onLoading ?? (() => undefined));
    this.#options = options;
    this.#clock = clock;
    this.#log = log ?? (() => undefined);
    this.#onBatch = onBatch;
  }

  get rounds(): Engine['rounds'] {
    return this.#rounds.subscribe;
  }

  protected override async load(library: Library, onLoading: (loading: Loading) => void): Promise<LoadedModel> {
    const hooks = { clock: this.#clock, log: this.#log, onBatch: this.#onBatch, onLoading };
    return await loadModel(library, this.#options, hooks);
  }

  protected override async open(
    library: Library,
    loaded: LoadedModel,
  ): Promise<{ readonly info: EngineInfo; readonly working: Generator }> {
    const prompts = new Prompts(loaded.model, loaded.contextLength);
    const describe = await deviceDescription(loaded.model);
    const threads = new RoundThreads(loaded.llama, loaded.governor, this.#clock);
    const info = this.#describe(loaded, prompts, describe(threads.inUse));
    const cache = this.#createCache(loaded, info.promptCache);
    const chunk = new AdaptiveChunk(loaded.prefillChunk, this.#options.tpotTargetMs ?? null);
    const assignment = this.#assignSlots(library, loaded, prompts, cache, chunk);
    const loop = this.#startLoop(new RoundLoop(assignment, threads, chunk, this.#clock), threads, describe);
    return { info, working: { prompter: new Prompter(library, loaded.model, prompts), cache, loop } };
  }

  protected override async end({ loop, cache }: Generator): Promise<void> {
    await loop.stop();
    cache.clear();
  }

  #createCache({ file, model, contextLength, prefillChunk }: LoadedModel, info: PromptCacheInfo): PromptCache<Slot> {
    const slotBytes = cacheBytes(file.cache, this.#options.cacheType, contextLength, 1).most;
    return new PromptCache({
      memory: info.status === 'on' ? { ...info, limitEntries: mostEntries(openFilesLimit()) } : null,
      rewinding: rewindingOf(model.fileInsights),
      bytesPerToken: slotBytes / contextLength,
      slotBytes,
      prefillChunk,
      targetMs: this.#options.tpotTargetMs,
      clock: this.#clock,
      warn: (message) => {
        this.#log('warn', message);
      },
    });
  }

  #assignSlots(
    library: Library,
    loaded: LoadedModel,
    prompts: Prompts,
    cache: PromptCache<Slot>,
    chunk: AdaptiveChunk,
  ): SlotAssignment {
    const rewinding = rewindingOf(loaded.model.fileInsights);
    const slots = loaded.sequences.map((sequence, index) => new Slot(index, sequence, rewinding));
    return new SlotAssignment(library, loaded, prompts, { slots, chunk }, cache);
  }

  /** Reports the rounds of a loop. */
  #startLoop(loop: RoundLoop, threads: RoundThreads, describe: (threads: readonly number[]) => string): RoundLoop {
    let reported = describe(threads.inUse);
    loop.rounds((round) => {
      const device = describe(threads.inUse);
      this.#rounds.emit(device === reported ? round : { ...round, device });
      reported = device;
    });
    return loop;
  }

  #describe({ file, contextLength }: LoadedModel, prompts: Prompts, device: string): EngineInfo {
    const { promptCache: wanted, replica } = this.#options;
    const promptCache = cacheMemory(wanted, mainMemory().available, memoryFileSystem(), replica?.count);
    const { vocabularySize } = prompts;
    // The prompt engine reports what chats need: reading the vocabulary for it takes a second for some models.
    const chats = { warnings: [], chatStop: [], chatTemplate: null };
    return modelInfo(this.#options, file, { contextLength, device, vocabularySize, promptCache, ...chats });
  }

  generate(spec: GenerationSpec): void {
    this.working.loop.generate(spec);
  }

  cancel(id: string): void {
    if (this.isReady) this.working.loop.cancel(id);
  }
}
