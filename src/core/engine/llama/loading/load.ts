import { availableParallelism } from 'node:os';
import type { Llama, LlamaContextSequence, LlamaModel } from 'node-llama-cpp';
import type { Clock } from '../../../base/clock.js';
import { type GgufFile, readGgufFile } from '../../../gguf/gguf-file.js';
import { checkCacheType, checkMemory, isTight, memoryNeed } from '../../../gguf/memory-need.js';
import { IdleCores } from '../../../machine/idle-cores.js';
import type { Loading } from '../../loading.js';
import { type LlamaEngineOptions, prefillChunkOf } from '../../options.js';
import { threadsOf } from '../../share-of.js';
import { ThreadGovernor } from '../../threads/thread-governor.js';
import { availableMemory, flashAttentionFor, isWhollyOnGpu, openLlama } from '../library/device.js';
import { assertCacheType, type EngineLog, installedVersion, type Library } from '../library/library.js';
import { RecentMessages } from '../library/recent-messages.js';
import { batchRounds } from '../rounds/round-batch.js';
import { calibrateThreads, threadCandidates } from './calibrate.js';
import { createContext } from './context.js';
import { loneBatchFacts, needLoneBatches } from './lone-sequences.js';
import { warmUp } from './warm-up.js';
import { libraryTypes, loadWeights } from './weights.js';

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
  /** Chooses how many threads compute a round; null if the number is always the same. */
  readonly governor: ThreadGovernor | null;
  /** Frees everything, innermost first. */
  dispose(): Promise<void>;
}

export interface LoadHooks {
  readonly clock: Clock;
  readonly log: EngineLog;
  /** Called with the number of sequences in each batch. */
  readonly onBatch?: ((batchSize: number) => void) | undefined;
  /** Called with the current step. */
  readonly onLoading?: (loading: Loading) => void;
}

/**
 * Number of states that a slot can return to, for models with a sliding window or recurrent layers. One is taken at the
 * end of each prompt (slot-assignment.ts). Each contains the window or the recurrent state of all layers: hundreds of
 * megabytes for large models, so the library's own default of 32 would be too many.
 */
const checkpoints = { max: 2, interval: false } as const;

/** Ends a message. */
const slowRounds = 'does not let us decode rounds as batches of our own: tokens take a little longer.';

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
  const { slots } = options;
  const file = await readGgufFile(options.modelPath);
  checkCacheType(file, options.cacheType);
  const need = memoryNeed(file, options);
  const { contextLength } = need;

  const messages = new RecentMessages(log);
  const threadsAtMost = options.threads === 'auto' ? availableParallelism() : options.threads;
  const llama = await openLlama(library, options.gpu, threadsAtMost, messages.log);
  undo.push(() => llama.dispose());
  const flashAttention = flashAttentionFor(file.cache, options, llama.gpu !== false);
  const memory = await availableMemory(llama);
  checkMemory(need, memory);
  if (isTight(need, memory)) log('warn', 'The model may take more memory than is free at the moment.');

  const model = await loadWeights({ library, llama, messages }, options, contextLength, onLoading);
  onLoading({ step: 'context' });
  undo.push(() => model.dispose());
  assertCacheType(library, model, libraryTypes[options.cacheType]);

  const threads =
    options.threads === 'auto' ? threadsOf(options, Math.min(llama.cpuMathCores, threadsAtMost)) : options.threads;
  const prefillChunk = prefillChunkOf(options, isWhollyOnGpu(model));
  const sizes = { slots, contextLength, prefillChunk, threads };
  const context = await createContext(model, messages, { ...sizes, flashAttention, onBatch });
  undo.push(() => context.dispose());
  const oneByOne = needLoneBatches(loneBatchFacts(llama, model));
  if (oneByOne)
    log('warn', 'Generations of this model are computed one after the other: llama.cpp mixes them up on this CPU.');
  if (!batchRounds(context, { observe: onBatch, oneByOne }))
    log('warn', `node-llama-cpp ${installedVersion()} ${slowRounds}`);

  const sequences = Array.from({ length: slots }, () => context.getSequence({ checkpoints }));
  if (llama.gpu !== false) await warmUp(sequences, prefillChunk);
  const governor =
    options.threads === 'auto' ? await governorOf({ file, llama, model, sequences }, options, threads, clock) : null;

  const dispose = (): Promise<void> => disposeAll(undo);
  return { file, llama, model, sequences, contextLength, prefillChunk, governor, dispose };
}

/** @returns null if there is only one number of threads to choose from, which is then set */
async function governorOf(
  { file, llama, model, sequences }: Pick<LoadedModel, 'file' | 'llama' | 'model' | 'sequences'>,
  options: LlamaEngineOptions,
  cores: number,
  clock: Clock,
): Promise<ThreadGovernor | null> {
  // With all layers on the GPU, more threads would only wait for each other.
  const candidates = isWhollyOnGpu(model) ? [1] : threadCandidates(cores, file.fileBytes);
  if (candidates.length <= 1) {
    llama.maxThreads = candidates[0] ?? 1;
    return null;
  }
  const allCores = threadsOf(options, availableParallelism());
  const calibration = await calibrateThreads(llama, sequences, candidates, { clock, allCores });
  const idleCores = new IdleCores();
  return new ThreadGovernor(calibration, (count, nowMs) => idleCores.has(count, nowMs));
}

async function disposeAll(undo: Undo[]): Promise<void> {
  for (let dispose = undo.pop(); dispose !== undefined; dispose = undo.pop()) await dispose();
}
