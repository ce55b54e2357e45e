import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Llama, LlamaContext, LlamaContextSequence, LlamaModel, LlamaModelOptions } from 'node-llama-cpp';
import type { Clock } from '../../../base/clock.js';
import { type GgufFile, readGgufFile } from '../../../gguf/gguf-file.js';
import type { CacheType } from '../../../gguf/kv-cache.js';
import { checkCacheType, checkMemory, isTight, memoryNeed } from '../../../gguf/memory-need.js';
import type { Loading } from '../../loading.js';
import { type FlashAttention, type LlamaEngineOptions, prefillChunkOf } from '../../options.js';
import { threadsOf } from '../../share-of.js';
import { type Calibration, ThreadGovernor } from '../../threads/thread-governor.js';
import { availableMemory, flashAttentionFor, isWhollyOnGpu, openLlama } from '../library/device.js';
import { assertCacheType, type EngineLog, installedVersion, type Library } from '../library/library.js';
import { contextError, messageDelayMs, modelLoadError } from '../library/load-errors.js';
import { decodesFirst } from '../rounds/batching.js';
import { batchRounds } from '../rounds/round-batch.js';
import { calibrateThreads, threadCandidates } from './calibrate.js';
import { loneBatchFacts, needLoneBatches } from './lone-sequences.js';
import { warmUp } from './warm-up.js';

/** A model that is ready to decode. */
export interface LoadedModel {
  readonly file: GgufFile;
  readonly llama: Llama;
  readonly model: LlamaModel;
  /** One per slot, created once: disposing of them is asynchronous, so they could not be created again at once. */
  readonly sequences: readonly LlamaContextSequence[];
  /** Tokens per slot. The context itself may hold more, because its size is rounded up to a multiple of 256. */
  readonly contextLength: number;
  /** Prompt tokens that one round may prefill. */
  readonly prefillChunk: number;
  /** Chooses how many threads compute a round; null if it is always the same number. */
  readonly governor: ThreadGovernor | null;
  /** Frees everything, innermost first. */
  dispose(): Promise<void>;
}

export interface LoadHooks {
  readonly clock: Clock;
  readonly log: EngineLog;
  /** Called with the number of sequences in each batch. */
  readonly onBatch?: ((batchSize: number) => void) | undefined;
  /** Called with what is being done. */
  readonly onLoading?: (loading: Loading) => void;
}

/**
 * States that a slot can go back to, of models with a sliding window or recurrent layers. One is taken at the end of each
 * prompt (slot-assignment.ts). Each holds the window or the recurrent state of all layers: hundreds of megabytes for large
 * models, so the library's own default of 32 would be too many.
 */
const checkpoints = { max: 2, interval: false } as const;

/** Ends a message. */
const slowRounds = 'does not let us decode rounds as batches of our own: tokens take a little longer.';

/** Number of llama.cpp's messages that are kept, enough to contain the reason for a failure. */
const keptMessages = 20;

/** The library's names for {@link CacheType}. */
const libraryTypes = {
  f32: 'F32',
  f16: 'F16',
  bf16: 'BF16',
  q8_0: 'Q8_0',
  q5_1: 'Q5_1',
  q5_0: 'Q5_0',
  q4_1: 'Q4_1',
  q4_0: 'Q4_0',
  iq4_nl: 'IQ4_NL',
} as const satisfies Record<CacheType, string>;

const libraryModes = { auto: 'auto', on: true, off: false } as const satisfies Record<FlashAttention, unknown>;

type Undo = () => Promise<void>;

/**
 * Opens the device, the model, its context and its sequences.
 *
 * @throws ChatstreamError `model_unreadable`, `out_of_memory` or `backend_unavailable`; nothing stays loaded in that case
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
  { clock, log, onBatch, onLoading = () => undefined }: LoadHooks,
  undo: Undo[],
): Promise<LoadedModel> {
  const { modelPath, slots } = options;
  const file = await readGgufFile(modelPath);
  checkCacheType(file, options.cacheType);
  const need = memoryNeed(file, options);
  const { contextLength } = need;

  const messages: string[] = [];
  const remember: EngineLog = (level, message) => {
    messages.push(message);
    if (messages.length > keptMessages) messages.shift();
    log(level, message);
  };
  const threadsAtMost = options.threads === 'auto' ? availableParallelism() : options.threads;
  const llama = await openLlama(library, options.gpu, threadsAtMost, remember);
  undo.push(() => llama.dispose());
  const flashAttention = flashAttentionFor(file.cache, options, llama.gpu !== false);

  const memory = await availableMemory(llama);
  checkMemory(need, memory);
  if (isTight(need, memory)) log('warn', 'The model may take more memory than is free at the moment.');
  const model = await loadWeights();
  onLoading({ step: 'context' });
  undo.push(() => model.dispose());
  assertCacheType(library, model, libraryTypes[options.cacheType]);
  const cores =
    options.threads === 'auto' ? threadsOf(options, Math.min(llama.cpuMathCores, threadsAtMost)) : options.threads;
  const prefillChunk = prefillChunkOf(options, isWhollyOnGpu(model));
  const context = await createContext();
  undo.push(() => context.dispose());
  const oneByOne = needLoneBatches(loneBatchFacts(llama, model));
  if (oneByOne)
    log('warn', 'Generations of this model are computed one after the other: llama.cpp mixes them up on this CPU.');
  if (!batchRounds(context, { observe: onBatch, oneByOne }))
    log('warn', `node-llama-cpp ${installedVersion()} ${slowRounds}`);
  const sequences = Array.from({ length: slots }, () => context.getSequence({ checkpoints }));
  if (llama.gpu !== false) await warmUp(sequences, prefillChunk);
  const calibration = await calibrate();
  const governor = calibration === null ? null : new ThreadGovernor(calibration);

  const dispose = (): Promise<void> => disposeAll(undo);
  return { file, llama, model, sequences, contextLength, prefillChunk, governor, dispose };

  async function loadWeights(): Promise<LlamaModel> {
    let reported = -1;
    const onLoadProgress = (share: number): void => {
      const percent = Math.floor(share * 100);
      // The library also reports what it has read after it has said that it is done.
      if (percent <= reported) return;
      reported = percent;
      onLoading({ step: 'weights', percent });
    };
    onLoadProgress(0);
    try {
      const model = await llama.loadModel({
        modelPath,
        gpuLayers: gpuLayers(),
        onLoadProgress,
        ...cacheOptions(options),
      });
      onLoadProgress(1);
      return model;
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
        batchSize: prefillChunk + slots,
        threads: cores,
        ...(flashAttention !== 'auto' && { flashAttention: libraryModes[flashAttention] }),
        batching: { dispatchSchedule: 'nextCycle', itemPrioritizationStrategy: decodesFirst(onBatch) },
        // An error with a hint is better than a smaller context than was requested.
        failedCreationRemedy: false,
      });
    } catch (error) {
      await delay(messageDelayMs);
      throw contextError(error, messages, contextLength, slots);
    }
  }

  async function calibrate(): Promise<Calibration | null> {
    if (options.threads !== 'auto') return null;
    // With all layers on the GPU, more threads would only wait for each other.
    const candidates = isWhollyOnGpu(model) ? [1] : threadCandidates(cores, file.fileBytes);
    if (candidates.length > 1)
      return await calibrateThreads(llama, sequences, candidates, {
        clock,
        allCores: threadsOf(options, availableParallelism()),
      });
    llama.maxThreads = candidates[0] ?? 1;
    return null;
  }
}

/**
 * Options of the KV cache. The model gets them, not only its context, because they decide how many layers fit on the GPU.
 *
 * Keys and values have the same type: two different types have slow code, or none, on most devices. The library marks
 * these options as deprecated to say that they are experimental and that types should be tried before they are offered.
 * All of {@link CacheType} were tried on a CPU, and combinations that cannot work are refused earlier. f16 is its
 * default.
 */
function cacheOptions({ cacheType, flashAttention }: LlamaEngineOptions): Partial<LlamaModelOptions> {
  const mode = libraryModes[flashAttention];
  const attention = mode === 'auto' ? {} : { defaultContextFlashAttention: mode };
  if (cacheType === 'f16') return attention;
  const name = libraryTypes[cacheType];
  return {
    ...attention,
    /* eslint-disable @typescript-eslint/no-deprecated -- see above */
    experimentalDefaultContextKvCacheKeyType: name,
    experimentalDefaultContextKvCacheValueType: name,
    /* eslint-enable @typescript-eslint/no-deprecated */
  };
}

async function disposeAll(undo: Undo[]): Promise<void> {
  for (let dispose = undo.pop(); dispose !== undefined; dispose = undo.pop()) await dispose();
}
