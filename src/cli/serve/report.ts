import type { Logger } from 'pino';
import { ChatstreamError } from '../../core/base/errors.js';
import { formatBytes } from '../../core/base/units.js';
import type { EngineInfo } from '../../core/engine/engine.js';
import type { EngineOptions } from '../../core/engine/options.js';
import { cacheMemory } from '../../core/engine/prompt-cache/cache-memory.js';
import { isOnCpu } from '../../core/executor/replicas/combined-info.js';
import type { Replication } from '../../core/executor/replicas/replication.js';
import { type GgufFile, readGgufFile } from '../../core/gguf/gguf-file.js';
import type { ByteRange } from '../../core/gguf/kv-cache.js';
import { isTight, mainMemory, memoryNeed } from '../../core/gguf/memory-need.js';
import type { ListedModel } from '../../core/inference/service/served-model.js';
import type { RunningServer, ServeOptions } from '../../core/serve/serve.js';
import { styled } from '../terminal/terminal.js';
import { chatTrial, embeddingsTrial, type Environment, tryCommand } from './try-command.js';

/** Where people can see what the server does: the console if it is served, and the metrics. */
export function watched(url: string, { consolePath }: ServeOptions['server']): string {
  return consolePath === null ? `${url}/v1/queue   ${url}/metrics` : `${url}/ in a browser   ${url}/metrics`;
}

/** What `serve` prints once requests are accepted. Scripts and people look for the first line. */
export function readyBlock(
  { url, info, models }: RunningServer,
  { queue, server, access, replication }: ServeOptions,
  environment: Environment = process.env,
): string {
  const label = (text: string): string => styled(process.stdout, 'dim', text.padEnd(8));
  const waiting = queue.maxQueue === 0 ? 'none may wait' : `${queue.maxQueue} may wait`;
  const trial = info.embeddings === undefined ? chatTrial() : embeddingsTrial;
  const command = tryCommand(url, trial, { server, access }, environment);
  return [
    `chatstream is ready on ${styled(process.stdout, 'bold', url)}`,
    '',
    ...(models === undefined
      ? [`  ${label('model')}${info.modelId}, ${size(info)}`]
      : models.map((model, index) => `  ${label(index === 0 ? 'models' : '')}${listedModel(model)}`)),
    `  ${label('device')}${info.device}`,
    ...(replication === null ? [] : [`  ${label('engines')}${engines(replication, models)}`]),
    ...(info.promptCache.status === 'off'
      ? []
      : [`  ${label('cache')}conversations in up to ${formatBytes(info.promptCache.limitBytes)} of memory`]),
    `  ${label('queue')}${queue.maxConcurrency} run at once (${info.slots} ${info.slots === 1 ? 'slot' : 'slots'}), ${waiting}`,
    `  ${label('watch')}${watched(url, server)}`,
    `  ${label('try')}${command.join(` \\\n  ${label('')}  `)}`,
    '',
  ].join('\n');
}

function engines({ variables }: Replication, models: RunningServer['models']): string {
  return `${variables.length}${models === undefined ? '' : ' for each model'}, which share all of this`;
}

function listedModel({ id, state, info }: ListedModel): string {
  return info === null ? `${id}, ${state ?? 'unloaded'}` : `${id}, ${size(info)}`;
}

function size({ contextLength, embeddings }: EngineInfo): string {
  if (embeddings === undefined) return `${contextLength} tokens of context per slot`;
  return `embeddings of up to ${contextLength} tokens in ${embeddings.dimensions} dimensions`;
}

/** The same for scripts. */
export function readyEvent({ url, info, models }: RunningServer, { queue }: ServeOptions): object {
  return {
    event: 'ready',
    url,
    model: models?.[0]?.id ?? info.modelId,
    ...(models !== undefined && { models: models.map(({ id, state }) => ({ id, state })) }),
    context_length: info.contextLength,
    device: info.device,
    prompt_cache_bytes: info.promptCache.status === 'on' ? info.promptCache.limitBytes : 0,
    slots: info.slots,
    max_concurrency: queue.maxConcurrency,
    max_queue: queue.maxQueue,
  };
}

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
    `loading: ${engines > 1 ? `${engines} engines, ` : ''}weights ${engines > 1 ? `${engines} × ` : ''}${formatBytes(file.fileBytes)}, KV cache ${sizeOf(cacheBytes)} for ${slots} × ${contextLength} tokens in ${cacheType}, prompt cache ${isAutomatic ? 'auto' : promptCache === 0 ? 'off' : `up to ${formatBytes(promptCache)}`}, GPU ${engine.gpu}, threads ${engine.threads}`,
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
