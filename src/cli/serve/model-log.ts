import type { Logger } from 'pino';
import { ChatstreamError } from '../../core/base/errors.js';
import { formatBytes } from '../../core/base/units.js';
import type { EngineInfo } from '../../core/engine/engine.js';
import type { EngineOptions, LlamaEngineOptions } from '../../core/engine/options.js';
import { cacheMemory } from '../../core/engine/prompt-cache/cache-memory.js';
import { isOnCpu } from '../../core/executor/replicas/combined-info.js';
import type { Replication } from '../../core/executor/replicas/replication.js';
import { type GgufFile, readGgufFile } from '../../core/gguf/gguf-file.js';
import type { ByteRange } from '../../core/gguf/kv-cache.js';
import { isTight, mainMemory, type MemoryNeed, memoryNeed } from '../../core/gguf/memory-need.js';

/**
 * Logs, before anything is loaded, what the server is about to use, and warns of likely problems. A file that cannot be
 * read is not reported here, because the engine will say what is wrong with it.
 *
 * @param engine one engine, or several together
 */
export async function reportPlan(
  engine: EngineOptions,
  replication: Replication | null,
  logger: Logger,
): Promise<void> {
  if (engine.engine === 'mock') return;
  const file = await fileOrNull(engine.modelPath);
  if (file === null) return;
  // Embeddings are computed in one sequence, and nothing is kept.
  const isKept = engine.embeddings !== true;
  const engines = replication?.variables.length ?? 1;
  const ofOne = memoryNeed(file, isKept ? engine : { ...engine, slots: engines, cacheType: 'f16' });
  // Each engine has its own weights. In main memory, the system may keep only one copy of what they read from the file,
  // but not on a GPU.
  const need = { ...ofOne, weightBytes: ofOne.weightBytes * engines };
  const { weightBytes, cacheBytes, contextLength, slots, cacheType } = need;
  const free = mainMemory().available - weightBytes - cacheBytes.most;
  const promptCache = isKept ? plannedCache(engine.promptCache, free) : 0;
  const isAutomatic = isKept && engine.promptCache === 'auto';
  logger.info(
    {
      model: engine.modelPath,
      architecture: file.architecture,
      parameters: file.parameters,
      quantisation: file.quantisation,
      file_bytes: file.fileBytes,
      ...(engines > 1 && { replicas: engines }),
      weight_bytes: weightBytes,
      cache_bytes: cacheBytes.most,
      context: contextLength,
      slots,
      cache_type: cacheType,
      // With `auto`, the engine knows more once the model is loaded.
      ...(!isAutomatic && { prompt_cache_bytes: promptCache }),
      gpu: engine.gpu,
      gpu_layers: engine.gpuLayers,
      threads: engine.threads,
    },
    planText(engine, file, need, { engines, promptCache: isAutomatic ? 'auto' : promptCache }),
  );
  const { trainedContextLength } = file;
  if (trainedContextLength !== null && contextLength > trainedContextLength) {
    logger.warn(
      { trained_context: trainedContextLength, context: contextLength },
      `--context ${contextLength} is more than the ${trainedContextLength} tokens that the model was trained for: answers get worse beyond that`,
    );
  }
  // Only the engine process knows how much memory is free on a GPU.
  if (engine.gpu === 'off' && isTight(need, mainMemory(), promptCache)) {
    logger.warn(
      { available_bytes: mainMemory().available },
      'this may take more memory than is free at the moment: it will be slow if weights have to be read from the disk again and again',
    );
  }
}

/** @param promptCache in bytes */
function planText(
  { gpu, threads }: LlamaEngineOptions,
  { fileBytes }: GgufFile,
  { cacheBytes, slots, contextLength, cacheType }: MemoryNeed,
  { engines, promptCache }: { readonly engines: number; readonly promptCache: number | 'auto' },
): string {
  const [all, each] = engines > 1 ? [`${engines} engines, `, `${engines} × `] : ['', ''];
  const cache = promptCache === 'auto' ? 'auto' : promptCache === 0 ? 'off' : `up to ${formatBytes(promptCache)}`;
  return `loading: ${all}weights ${each}${formatBytes(fileBytes)}, KV cache ${sizeOf(cacheBytes)} for ${slots} × ${contextLength} tokens in ${cacheType}, prompt cache ${cache}, GPU ${gpu}, threads ${threads}`;
}

/** Logs that `--gpu auto` found no GPU, and that `--prompt-cache auto` found no memory. */
export function reportDevice(engine: EngineOptions, info: EngineInfo, logger: Logger): void {
  if (engine.engine === 'mock') return;
  if (info.promptCache.status === 'off' && info.embeddings === undefined && engine.promptCache === 'auto') {
    const { reason } = info.promptCache;
    logger.info({ reason }, `conversations are kept in their slots only: ${reason}`);
  }
  if (engine.gpu !== 'auto' || !isOnCpu(info.device)) return;
  logger.info(
    { device: info.device },
    `no usable GPU was found: ${info.embeddings === undefined ? 'generation runs' : 'embeddings are computed'} on the CPU`,
  );
}

/** Bytes of the prompt cache; a size that does not fit is refused later, with the reason. */
function plannedCache(wanted: number | 'auto', freeBytes: number): number {
  if (wanted !== 'auto') return wanted;
  const planned = cacheMemory('auto', freeBytes);
  return planned.status === 'on' ? planned.limitBytes : 0;
}

/** Logs what is wrong with the model, as far as loading it shows that. */
export function reportWarnings(info: EngineInfo, logger: Logger): void {
  for (const warning of info.warnings) logger.warn({ model: info.modelId }, warning);
}

async function fileOrNull(path: string): Promise<GgufFile | null> {
  try {
    return await readGgufFile(path);
  } catch (error) {
    if (error instanceof ChatstreamError) return null;
    throw error;
  }
}

/** For a model whose cache may stay smaller, only the upper limit is known. */
function sizeOf({ least, most }: ByteRange): string {
  return least === most ? formatBytes(most) : `up to ${formatBytes(most)}`;
}
