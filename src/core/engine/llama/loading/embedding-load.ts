import type { Llama, LlamaEmbeddingContext, LlamaModel } from 'node-llama-cpp';
import { ChatstreamError } from '../../../base/errors.js';
import { type GgufFile, readGgufFile } from '../../../gguf/gguf-file.js';
import { checkMemory, memoryNeed } from '../../../gguf/memory-need.js';
import type { Loading } from '../../loading.js';
import { type LlamaEngineOptions, prefillChunkOf } from '../../options.js';
import { threadsOf } from '../../share-of.js';
import { availableMemory, isWhollyOnGpu, openLlama } from '../library/device.js';
import { type EngineLog, type Library, libraryTokens } from '../library/library.js';
import { contextError, modelLoadError } from '../library/load-errors.js';
import { RecentMessages } from '../library/recent-messages.js';
import { weightsProgress } from './weights.js';

/** A model that is ready to compute embeddings. */
export interface LoadedEmbeddingModel {
  readonly file: GgufFile;
  readonly llama: Llama;
  readonly model: LlamaModel;
  /** One for all requests: the library computes one input at a time, and each uses all threads. */
  readonly context: LlamaEmbeddingContext;
  /** Tokens of the longest input. */
  readonly contextLength: number;
  readonly threads: number;
  readonly pooling: string;
  dispose(): Promise<void>;
}

/** llama.cpp's `pooling_type`. Without one, the library returns the vector of the last token. */
const poolings: Readonly<Record<number, string>> = { [-1]: 'last', 0: 'last', 1: 'mean', 2: 'cls', 3: 'last' };

/**
 * Opens the device, the model and its context.
 *
 * @throws ChatstreamError `model_unreadable`, `out_of_memory` or `backend_unavailable`; nothing stays loaded in that case
 */
export async function loadEmbeddingModel(
  library: Library,
  options: LlamaEngineOptions,
  log: EngineLog,
  onLoading: (loading: Loading) => void,
): Promise<LoadedEmbeddingModel> {
  const { modelPath } = options;
  const file = await readGgufFile(modelPath);
  const need = memoryNeed(file, { ...options, slots: 1, cacheType: 'f16' });
  const { contextLength } = need;
  const messages = new RecentMessages(log);
  const threads = options.threads === 'auto' ? 0 : options.threads;
  const llama = await openLlama(library, options.gpu, threads, messages.log);
  try {
    checkMemory(need, await availableMemory(llama));
    const gpuLayers = llama.gpu === false ? 0 : options.gpuLayers;
    const onLoadProgress = weightsProgress(onLoading);
    onLoadProgress(0);
    const model = await messages.explaining(
      () => llama.loadModel({ modelPath, gpuLayers, onLoadProgress }),
      (error, logged) => modelLoadError(library, error, logged, modelPath),
    );
    onLoading({ step: 'context' });
    const pooling = poolingOf(model, modelPath);
    // Compute threads wait for each other at every step, so if another process takes a core from one of them, all are
    // slowed down.
    const used = options.threads === 'auto' ? threadsOf(options, llama.cpuMathCores - 1) : options.threads;
    const context = await createContext(model, used, pooling);
    // As with generations: see warm-up.ts.
    if (llama.gpu !== false) await context.getEmbeddingFor(libraryTokens([0]));
    return { file, llama, model, context, contextLength, threads: used, pooling, dispose: () => llama.dispose() };
  } catch (error) {
    await llama.dispose();
    throw error;
  }

  function createContext(model: LlamaModel, used: number, pooling: string): Promise<LlamaEmbeddingContext> {
    const chunk = prefillChunkOf(options, isWhollyOnGpu(model));
    // The library wants one place more than an input has tokens.
    const contextSize = contextLength + 1;
    const batchSize = isReadInPieces(model, pooling) ? Math.min(chunk, contextLength) : contextSize;
    return messages.explaining(
      () => model.createEmbeddingContext({ contextSize, batchSize, threads: used }),
      (error, logged) => contextError(error, logged, contextLength, 1),
    );
  }
}

/**
 * Whether an input may be split into several batches. Models that look ahead need all of it in one, and so does the
 * mean of all tokens. Otherwise, short batches save memory, because llama.cpp computes the logits of every token of a
 * batch when embeddings are requested. For an input of 900 tokens, a model with 262,144 tokens took 2.5 GB in one
 * batch, and 0.8 GB in batches of 128.
 */
function isReadInPieces({ fileInfo, fileInsights }: LlamaModel, pooling: string): boolean {
  const isCausal = fileInfo.architectureMetadata.attention?.causal !== false && !fileInsights.hasEncoder;
  return isCausal && pooling === 'last';
}

/** @throws ChatstreamError `model_unreadable` for a model that compares texts instead of returning vectors */
function poolingOf({ fileInfo }: LlamaModel, path: string): string {
  const pooling = poolings[fileInfo.architectureMetadata.pooling_type ?? -1];
  if (pooling !== undefined) return pooling;
  throw new ChatstreamError('model_unreadable', `${path} gives scores for pairs of texts, and no embeddings.`, {
    hint: 'Use an embedding model.',
  });
}
