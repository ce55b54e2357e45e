import type { Llama, LlamaGpuType, LlamaModel } from 'node-llama-cpp';
import { type Clock, systemClock } from '../../../base/clock.js';
import { ChatstreamError } from '../../../base/errors.js';
import { type CacheShape, isQuantised } from '../../../gguf/kv-cache.js';
import { mainMemory, type Memory } from '../../../gguf/memory-need.js';
import type { FlashAttention, GpuChoice, LlamaEngineOptions } from '../../options.js';
import { hedged } from './hedge.js';
import type { EngineLog, Library } from './library.js';

const namesOfBackends = { cuda: 'CUDA', vulkan: 'Vulkan', metal: 'Metal' } as const;

/**
 * The library first loads its binary in a child process, to see whether it works on this machine, and waits up to five
 * minutes for the child to exit. A process of Node.js can deadlock while it exits (nodejs/node#54918), so after this
 * time a second child is tried. The first one still counts if it was only slow, as GPU drivers can be.
 */
const secondStartMs = 30_000;

/**
 * Starts llama.cpp on the requested device. Only `auto` may fall back to another one.
 *
 * @param maxThreads the maximum number of compute threads
 * @throws ChatstreamError `backend_unavailable`, naming the devices that can be used
 */
export async function openLlama(
  library: Library,
  gpu: GpuChoice,
  maxThreads: number,
  log: EngineLog,
  clock: Clock = systemClock,
): Promise<Llama> {
  const wanted = gpu === 'off' ? false : gpu;
  const start = (): Promise<Llama> =>
    library.getLlama({
      gpu: wanted,
      // Never compile or download anything at run time.
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      maxThreads,
      logLevel: library.LlamaLogLevel.warn,
      logger: (level, message) => {
        log(level === library.LlamaLogLevel.warn ? 'warn' : 'error', message.trim());
      },
    });
  let llama: Llama;
  try {
    llama = await hedged(start, secondStartMs, clock);
  } catch (error) {
    throw await unavailable(library, gpu, error);
  }
  // The library silently uses another backend for one that does not exist on this platform, such as Metal on Linux.
  if (wanted !== 'auto' && llama.gpu !== wanted) {
    await llama.dispose();
    throw await unavailable(library, gpu);
  }
  return llama;
}

/**
 * Starts llama.cpp where nothing is computed. On some platforms (macOS on ARM), the only build is the one for the GPU,
 * which is hardly used without layers on it.
 *
 * @param gpu used if there is no other build
 */
export async function openWithoutGpu(library: Library, gpu: GpuChoice, log: EngineLog): Promise<Llama> {
  try {
    return await openLlama(library, 'off', 1, log);
  } catch {
    return await openLlama(library, gpu, 1, log);
  }
}

async function unavailable(library: Library, gpu: GpuChoice, cause?: unknown): Promise<ChatstreamError> {
  const others = (await library.getLlamaGpuTypes('supported')).map(flagOf).filter((each) => each !== gpu);
  return unavailableError(gpu, others, process.env, cause);
}

/** Variables that restrict a process to some of the GPUs, and to none if those do not exist. */
const limitingVariables: Partial<Record<GpuChoice, string>> = {
  cuda: 'CUDA_VISIBLE_DEVICES',
  vulkan: 'GGML_VK_VISIBLE_DEVICES',
};

/** @param others the values of `--gpu` that may work, besides `auto` */
export function unavailableError(
  gpu: GpuChoice,
  others: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  cause?: unknown,
): ChatstreamError {
  const wanted = gpu === 'auto' || gpu === 'off' ? 'llama.cpp' : namesOfBackends[gpu];
  const choices = [...others, 'auto'].join(', ');
  const variable = limitingVariables[gpu];
  const visible = variable === undefined ? undefined : environment[variable];
  const hint =
    visible === undefined
      ? `Choose one of --gpu ${choices}; or install the driver.`
      : `Check that this GPU exists: ${variable}, which --devices sets, is ${visible}. Or choose one of --gpu ${choices}.`;
  return new ChatstreamError('backend_unavailable', `${wanted} cannot be used on this machine.`, {
    hint,
    param: 'gpu',
    cause,
  });
}

function flagOf(gpu: LlamaGpuType): string {
  return gpu === false ? 'off' : gpu;
}

/** Whether all layers are on the GPU, so that the CPU has almost nothing to compute. */
export function isWhollyOnGpu(model: LlamaModel): boolean {
  return model.llama.gpu !== false && model.gpuLayers >= model.fileInsights.totalLayers;
}

/**
 * Describes the device as people read it: `CPU (1 thread)`, `CUDA: NVIDIA H200`, `Vulkan: … (20 of 33 layers) and CPU (4
 * threads)`. A GPU without layers is named as well, because long prompts are still computed on it.
 *
 * @returns the description, for the numbers of threads that are in use
 */
export async function deviceDescription(model: LlamaModel): Promise<(threads: readonly number[]) => string> {
  const { gpu } = model.llama;
  const cpu = (threads: readonly number[]): string =>
    `CPU (${threads.join(' or ')} ${threads.at(-1) === 1 ? 'thread' : 'threads'})`;
  if (gpu === false) return cpu;

  const names = [...new Set(await model.llama.getGpuDeviceNames())];
  const name = `${namesOfBackends[gpu]}: ${names.join(', ')}`;
  if (isWhollyOnGpu(model)) return () => name;
  return (threads) => `${name} (${model.gpuLayers} of ${model.fileInsights.totalLayers} layers) and ${cpu(threads)}`;
}

/** The main memory, plus the GPU's free memory if that is separate. */
export async function availableMemory(llama: Llama): Promise<Memory> {
  const main = mainMemory();
  if (llama.gpu === false) return main;
  const { free, unifiedSize } = await llama.getVramState();
  if (unifiedSize > 0) return main;
  return { available: main.available + free, total: main.total + free };
}

/** The shortest attention head for which llama.cpp's flash attention pays off on a CPU, in values. */
const longHead = 64;

/**
 * The mode for a model on the device at hand. `auto` leaves the choice to llama.cpp, which uses flash attention where it
 * works, except on a CPU with short heads: there llama.cpp computes one value after the other.
 *
 * Measured with llama.cpp v0.5.0 on an x86-64 CPU with AVX-512 and one thread, with ten shapes of 5 to 70 MB and 1 and 8
 * sequences that held 100 and 800 tokens: with heads of 32 a round took 1.1 to 1.7 times (100 tokens) and 2.1 to 3.4 times
 * (800 tokens) as long as without flash attention; with heads of 64 and 128, 0.7 to 1.3 times.
 */
export function flashAttentionFor(
  { headLengths }: CacheShape,
  { flashAttention, cacheType }: Pick<LlamaEngineOptions, 'flashAttention' | 'cacheType'>,
  onGpu: boolean,
): FlashAttention {
  if (flashAttention !== 'auto' || onGpu || isQuantised(cacheType)) return flashAttention;
  const hasShortHeads = headLengths?.some((length) => length < longHead) ?? false;
  return hasShortHeads ? 'off' : 'auto';
}
