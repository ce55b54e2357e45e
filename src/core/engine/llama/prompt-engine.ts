import { setTimeout as delay } from 'node:timers/promises';
import type { LlamaModel } from 'node-llama-cpp';
import { type Clock, systemClock } from '../../base/clock.js';
import { ChatstreamError } from '../../base/errors.js';
import { type GgufFile, readGgufFile } from '../../gguf/gguf-file.js';
import { contextLengthOf } from '../../gguf/memory-need.js';
import type { Demands, EngineInfo, Prepared, PromptEngine, PromptSource, Token } from '../engine.js';
import type { Loading } from '../loading.js';
import type { LlamaEngineOptions } from '../options.js';
import { openWithoutGpu } from './library/device.js';
import { loadedNativeFile } from './library/jinja.js';
import { type EngineLog, importLibrary, type Library } from './library/library.js';
import { messageDelayMs, modelLoadError } from './library/load-errors.js';
import { modelInfo } from './model-info.js';
import { Prompter } from './prompter.js';
import { Prompts } from './prompts.js';
import { RenderProcesses } from './rendering/render-processes.js';

/** Number of llama.cpp's messages that are kept: it gives few before the one that explains a failure. */
const keptMessages = 100;

/** A model without its weights. */
interface LoadedVocabulary {
  readonly file: GgufFile;
  readonly model: LlamaModel;
  dispose(): Promise<void>;
}

type State =
  | { readonly status: 'new' }
  | { readonly status: 'starting'; readonly loading: Promise<EngineInfo> }
  | { readonly status: 'ready'; readonly loaded: LoadedVocabulary; readonly prompter: Prompter }
  | { readonly status: 'stopped' };

/**
 * Prepares the prompts of a GGUF model without its weights: it needs little memory and no GPU, so that it can run in a
 * process beside the one that generates (docs/architecture/processes.md). Native code is loaded by `start`, not before.
 *
 * @param log receives llama.cpp's warnings and errors
 * @param clock limits how long a chat may take to be rendered
 * @param onLoading called for each step of loading
 */
export function createLlamaPromptEngine(
  options: LlamaEngineOptions,
  log: EngineLog,
  clock: Clock = systemClock,
  onLoading: (loading: Loading) => void = () => undefined,
): PromptEngine {
  return new LlamaPromptEngine(options, log, clock, onLoading);
}

class LlamaPromptEngine implements PromptEngine {
  readonly #options: LlamaEngineOptions;
  readonly #log: EngineLog;
  readonly #clock: Clock;
  readonly #onLoading: (loading: Loading) => void;
  #state: State = { status: 'new' };

  constructor(options: LlamaEngineOptions, log: EngineLog, clock: Clock, onLoading: (loading: Loading) => void) {
    this.#options = options;
    this.#log = log;
    this.#clock = clock;
    this.#onLoading = onLoading;
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
    const loaded = await loadVocabulary(library, this.#options, this.#log, this.#onLoading);
    try {
      const contextLength = contextLengthOf(this.#options.context, loaded.file.trainedContextLength);
      const { gpu } = this.#options;
      const prompts = new Prompts(
        loaded.model,
        contextLength,
        (template) => new RenderProcesses(template, { gpu, nativeFile: loadedNativeFile(), clock: this.#clock }),
      );
      const prompter = new Prompter(library, loaded.model, prompts);
      this.#state = { status: 'ready', loaded, prompter };
      return modelInfo(this.#options, loaded.file, {
        contextLength,
        device: 'none',
        vocabularySize: prompts.vocabularySize,
        promptCache: { status: 'off', reason: 'prompts are only prepared here' },
        // Without chats, it does not matter what is wrong with their template.
        warnings: this.#options.embeddings === true ? [] : await prompts.problems(),
        chatStop: this.#options.embeddings === true ? [] : prompts.chatStop,
        chatTemplate: prompts.templateSource,
      });
    } catch (error) {
      await loaded.dispose();
      throw error;
    }
  }

  // Async so that everything they throw becomes a rejection.
  async prepare(source: PromptSource, demands?: Demands, signal?: AbortSignal): Promise<Prepared> {
    return await this.#ready().prepare(source, demands, signal);
  }

  async tokenize(text: string, signal?: AbortSignal): Promise<readonly Token[]> {
    return await this.#ready().tokenize(text, signal);
  }

  async detokenize(tokens: readonly Token[], signal?: AbortSignal): Promise<string> {
    return await this.#ready().detokenize(tokens, signal);
  }

  async stop(): Promise<void> {
    // Loading cannot be interrupted. If it fails, it cleans up after itself, and `start` reports the error.
    if (this.#state.status === 'starting') await this.#state.loading.catch(() => undefined);
    if (this.#state.status !== 'ready') return;
    const { loaded, prompter } = this.#state;
    this.#state = { status: 'stopped' };
    await prompter.stop();
    await loaded.dispose();
  }

  #ready(): Prompter {
    if (this.#state.status === 'ready') return this.#state.prompter;
    throw new ChatstreamError('engine_unavailable', `The engine is ${this.#state.status}.`);
  }
}

/** @throws ChatstreamError `model_unreadable`, `out_of_memory` or `backend_unavailable`; nothing stays loaded then */
async function loadVocabulary(
  library: Library,
  options: LlamaEngineOptions,
  log: EngineLog,
  onLoading: (loading: Loading) => void,
): Promise<LoadedVocabulary> {
  const { modelPath, gpu } = options;
  const file = await readGgufFile(modelPath);
  const messages: string[] = [];
  const llama = await openWithoutGpu(library, gpu, (level, message) => {
    if (messages.length < keptMessages) messages.push(message);
    log(level, message);
  });
  try {
    onLoading({ step: 'vocabulary' });
    const model = await llama.loadModel({ modelPath, vocabOnly: true, gpuLayers: 0 });
    const dispose = async (): Promise<void> => {
      await model.dispose();
      await llama.dispose();
    };
    return { file, model, dispose };
  } catch (error) {
    await delay(messageDelayMs);
    await llama.dispose();
    throw modelLoadError(library, error, messages, modelPath);
  }
}
