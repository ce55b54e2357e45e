import { setTimeout as delay } from 'node:timers/promises';
import type { LlamaModel } from 'node-llama-cpp';
import { type Clock, systemClock } from '../../base/clock.js';
import { type GgufFile, readGgufFile } from '../../gguf/gguf-file.js';
import { contextLengthOf } from '../../gguf/memory-need.js';
import type { EngineInfo, PromptEngine } from '../engine.js';
import type { Loading } from '../loading.js';
import type { LlamaEngineOptions } from '../options.js';
import { openWithoutGpu } from './library/device.js';
import { loadedNativeFile } from './library/jinja.js';
import type { EngineLog, Library } from './library/library.js';
import { messageDelayMs, modelLoadError } from './library/load-errors.js';
import { LoadedEngine } from './loaded-engine.js';
import { modelInfo } from './model-info.js';
import { Prompter } from './prompter.js';
import { Prompts } from './prompts.js';
import { RenderProcesses } from './rendering/render-processes.js';
import { LongTexts } from './tokenizing/long-texts.js';
import { fileIdentity } from './tokenizing/tokenize-messages.js';

/** Number of llama.cpp's messages that are kept: it logs few before the one that explains a failure. */
const keptMessages = 100;

/** A model without its weights. */
interface LoadedVocabulary {
  readonly file: GgufFile;
  readonly model: LlamaModel;
  dispose(): Promise<void>;
}

/**
 * Prepares the prompts of a GGUF model without its weights: it needs little memory and no GPU, so that it can run in a
 * process beside the one that generates (docs/architecture/processes.md). Native code is loaded by `start`, not before.
 *
 * @param log receives llama.cpp's warnings and errors
 * @param clock limits how long a chat may take to be rendered, and a text to be tokenised
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

class LlamaPromptEngine extends LoadedEngine<LoadedVocabulary, { readonly prompter: Prompter }> {
  readonly #options: LlamaEngineOptions;
  readonly #log: EngineLog;
  readonly #clock: Clock;

  constructor(options: LlamaEngineOptions, log: EngineLog, clock: Clock, onLoading: (loading: Loading) => void) {
    super(onLoading);
    this.#options = options;
    this.#log = log;
    this.#clock = clock;
  }

  protected override async load(library: Library, onLoading: (loading: Loading) => void): Promise<LoadedVocabulary> {
    return await loadVocabulary(library, this.#options, this.#log, onLoading);
  }

  protected override async open(
    library: Library,
    { file, model }: LoadedVocabulary,
  ): Promise<{ readonly info: EngineInfo; readonly working: { readonly prompter: Prompter } }> {
    const { context, gpu, modelPath, embeddings = false } = this.#options;
    const clock = this.#clock;
    const contextLength = contextLengthOf(context, file.trainedContextLength);
    const prompts = new Prompts(model, contextLength, {
      rendererOf: (template) => new RenderProcesses(template, { gpu, nativeFile: loadedNativeFile(), clock }),
      longTexts: new LongTexts({ modelPath, gpu, identity: fileIdentity(modelPath), clock }),
    });
    const prompter = new Prompter(library, model, prompts);
    const info = modelInfo(this.#options, file, {
      contextLength,
      device: 'none',
      vocabularySize: prompts.vocabularySize,
      promptCache: { status: 'off', reason: 'prompts are only prepared here' },
      // Without chats, errors in their template do not matter.
      warnings: embeddings ? [] : await prompts.problems(),
      chatStop: embeddings ? [] : prompts.chatStop,
      chatTemplate: prompts.templateSource,
    });
    return { info, working: { prompter } };
  }

  protected override async end(): Promise<void> {
    // Nothing runs here.
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
