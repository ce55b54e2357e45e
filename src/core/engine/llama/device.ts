import type { Llama, LlamaGpuType, LlamaModel } from 'node-llama-cpp';

import { ChatstreamError } from '../../base/errors.js';
import { mainMemory, type Memory } from '../../gguf/memory-need.js';
import type { GpuChoice } from '../options.js';
import type { EngineLog, Library } from './library.js';

const namesOfBackends = { cuda: 'CUDA', vulkan: 'Vulkan', metal: 'Metal' } as const;

/**
 * Starts llama.cpp on the device that was asked for. Only `auto` may settle for less.
 *
 * @param maxThreads compute threads at the most
 * @throws ChatstreamError `backend_unavailable`, naming what there is
 */
export async function openLlama(library: Library, gpu: GpuChoice, maxThreads: number, log: EngineLog): Promise<Llama> {
  const wanted = gpu === 'off' ? false : gpu;
  let llama: Llama;
  try {
    llama = await library.getLlama({
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
  } catch (error) {
    throw await unavailable(library, gpu, error);
  }
  // The library quietly takes another backend for one that this platform cannot have, such as Metal on Linux.
  if (wanted !== 'auto' && llama.gpu !== wanted) {
    await llama.dispose();
    throw await unavailable(library, gpu);
  }
  return llama;
}

async function unavailable(library: Library, gpu: GpuChoice, cause?: unknown): Promise<ChatstreamError> {
  const available = (await library.getLlamaGpuTypes('supported')).map(flagOf);
  const wanted = gpu === 'auto' || gpu === 'off' ? 'llama.cpp' : namesOfBackends[gpu];
  return new ChatstreamError('backend_unavailable', `${wanted} cannot be used on this machine.`, {
    hint: `Choose one of --gpu ${[...available, 'auto'].join(', ')}; or install the driver.`,
    param: 'gpu',
    cause,
  });
}

function flagOf(gpu: LlamaGpuType): string {
  return gpu === false ? 'off' : gpu;
}

/** Whether the processor has nothing to compute but what is no layer at all. */
export function isWhollyOnGpu(model: LlamaModel): boolean {
  return model.llama.gpu !== false && model.gpuLayers >= model.fileInsights.totalLayers;
}

/**
 * For people: `CPU (1 thread)`, `CUDA: NVIDIA H200`, `Vulkan: … (20 of 33 layers) and CPU (4 threads)`. A GPU that holds
 * no layer is named as well: long prompts are still computed on it.
 */
export async function describeDevice(model: LlamaModel, threads: number): Promise<string> {
  const { gpu } = model.llama;
  const cpu = `CPU (${threads} ${threads === 1 ? 'thread' : 'threads'})`;
  if (gpu === false) return cpu;

  const names = [...new Set(await model.llama.getGpuDeviceNames())];
  const name = `${namesOfBackends[gpu]}: ${names.join(', ')}`;
  if (isWhollyOnGpu(model)) return name;
  return `${name} (${model.gpuLayers} of ${model.fileInsights.totalLayers} layers) and ${cpu}`;
}

/** Main memory and the GPU's free memory together, where they are two. */
export async function availableMemory(llama: Llama): Promise<Memory> {
  const main = mainMemory();
  if (llama.gpu === false) return main;
  const { free, unifiedSize } = await llama.getVramState();
  if (unifiedSize > 0) return main;
  return { available: main.available + free, total: main.total + free };
}
