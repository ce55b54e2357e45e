import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import type { Llama, LlamaContext, LlamaContextSequence, LlamaModel, LlamaModelOptions } from 'node-llama-cpp';

import type { Clock } from '../../base/clock.js';
import type { LlamaEngineOptions } from '../options.js';
import { decodesFirst } from './batching.js';
import { calibrateThreads, threadCandidates } from './calibrate.js';
import { isWhollyOnGpu, openLlama } from './device.js';
import { readGgufFile, type GgufFile } from './gguf-file.js';
import type { EngineLog, Library } from './library.js';
import { contextError, modelLoadError } from './load-errors.js';
import { availableMemory, checkCacheFits } from './memory-check.js';

/** A model that is ready to decode. */
export interface LoadedModel {
  readonly file: GgufFile;
  readonly llama: Llama;
  readonly model: LlamaModel;
  /** As many as there are slots, made once: making them again would have to wait for the old ones to be gone. */
  readonly sequences: readonly LlamaContextSequence[];
  /** Tokens per slot. The context itself may hold more, as its size is rounded up to 256. */
  readonly contextLength: number;
  readonly threads: number;
  /** Frees everything, innermost first. */
  dispose(): Promise<void>;
}

export interface LoadHooks {
  readonly clock: Clock;
  readonly log: EngineLog;
  /** Told the number of sequences in each batch. */
  readonly onBatch?: ((batchSize: number) => void) | undefined;
}

/** The default for `--context` is what the model was trained for, but no more: the memory for it is taken at once. */
const automaticContextLength = 4096;

/** Enough of llama.cpp's messages to find the reason of a failure in. */
const keptMessages = 20;

/** They come through the event loop, after the failure that they explain. */
const messageDelayMs = 20;

type Undo = () => Promise<void>;

/**
 * Opens the device, the model, its context and its sequences.
 *
 * @throws ChatstreamError `model_unreadable`, `out_of_memory` or `backend_unavailable`; nothing stays loaded then
 */
export async function loadModel(library: Library, options: LlamaEngineOptions, hooks: LoadHooks): Promise<LoadedModel> {
  const undo: Undo[] = [];
  try {
    return await load(library, options, hooks, undo);
  } catch (error) {
    await disposeAll(undo);
    throw error;
  }
}

async function load(
  library: Library,
  options: LlamaEngineOptions,
  { clock, log, onBatch }: LoadHooks,
  undo: Undo[],
): Promise<LoadedModel> {
  const { modelPath, slots } = options;
  const file = await readGgufFile(library, modelPath);
  const contextLength =
    options.context === 'auto'
      ? Math.min(file.trainedContextLength ?? automaticContextLength, automaticContextLength)
      : options.context;

  const messages: string[] = [];
  const remember: EngineLog = (level, message) => {
    messages.push(message);
    if (messages.length > keptMessages) messages.shift();
    log(level, message);
  };
  const threadsAtMost = options.threads === 'auto' ? availableParallelism() : options.threads;
  const llama = await openLlama(library, options.gpu, threadsAtMost, remember);
  undo.push(() => llama.dispose());

  checkCacheFits(file.cacheBytesPerToken, contextLength, slots, await availableMemory(llama));
  const model = await loadWeights();
  undo.push(() => model.dispose());
  const cores = options.threads === 'auto' ? Math.min(llama.cpuMathCores, threadsAtMost) : options.threads;
  const context = await createContext();
  undo.push(() => context.dispose());
  const sequences = Array.from({ length: slots }, () => context.getSequence());
  const threads = await setThreads();

  return { file, llama, model, sequences, contextLength, threads, dispose: () => disposeAll(undo) };

  async function loadWeights(): Promise<LlamaModel> {
    try {
      return await llama.loadModel({ modelPath, gpuLayers: gpuLayers() });
    } catch (error) {
      await delay(messageDelayMs);
      throw modelLoadError(library, error, messages, modelPath);
    }
  }

  function gpuLayers(): NonNullable<LlamaModelOptions['gpuLayers']> {
    if (llama.gpu === false) return 0;
    if (options.gpuLayers !== 'auto') return options.gpuLayers;
    return { fitContext: { contextSize: contextLength * slots } };
  }

  async function createContext(): Promise<LlamaContext> {
    try {
      return await model.createContext({
        sequences: slots,
        contextSize: contextLength,
        batchSize: options.prefillChunk + slots,
        threads: cores,
        batching: { itemPrioritizationStrategy: decodesFirst(onBatch) },
        // A smaller context than was asked for would be a surprise; an error with a hint is none.
        failedCreationRemedy: false,
      });
    } catch (error) {
      await delay(messageDelayMs);
      throw contextError(error, messages, contextLength, slots);
    }
  }

  async function setThreads(): Promise<number> {
    if (options.threads !== 'auto') return options.threads;
    // Threads are started for every decode, and with all layers on the GPU there is nothing for them to do.
    const wholly = isWhollyOnGpu(model);
    if (!wholly) return await calibrateThreads(llama, sequences, threadCandidates(cores, file.fileBytes), clock);
    llama.maxThreads = 1;
    return 1;
  }
}

async function disposeAll(undo: Undo[]): Promise<void> {
  for (let dispose = undo.pop(); dispose !== undefined; dispose = undo.pop()) await dispose();
}
