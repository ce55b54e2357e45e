import type { LlamaEngineOptions } from '../../src/core/engine/options.js';

/** A small engine on one core of the CPU, where every test machine can run it. */
export function llamaOptions(modelPath: string, changes: Partial<LlamaEngineOptions> = {}): LlamaEngineOptions {
  return {
    engine: 'llama',
    modelPath,
    slots: 4,
    context: 512,
    gpu: 'off',
    gpuLayers: 'auto',
    flashAttention: 'auto',
    cacheType: 'f16',
    threads: 1,
    prefillChunk: 16,
    promptCache: 0,
    ...changes,
  };
}
