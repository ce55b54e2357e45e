import { describe, expect, it } from 'vitest';
import { importLibrary } from '../../../../../src/core/engine/llama/library/library.js';
import { contextError, modelLoadError } from '../../../../../src/core/engine/llama/library/load-errors.js';

const library = await importLibrary();
const failed = new Error('Failed to load model');

// Real messages of llama.cpp. A process shows them for its first engine only: when a second engine has set its logger,
// disposing of the first switches it off again (node-llama-cpp 3.22.1, addonLog.cpp).
describe('modelLoadError', () => {
  it('names an architecture that is not supported', () => {
    const logged = [
      "llama_model_load: error loading model: unknown model architecture: 'lhama'",
      'failed to load model',
    ];
    expect(modelLoadError(library, failed, logged, 'm.gguf')).toMatchObject({
      code: 'model_unreadable',
      message: "The model's architecture, lhama, is not supported.",
      cause: failed,
    });
  });

  it('recognises a file that ends too early', () => {
    const logged = [
      "llama_model_load: error loading model: tensor 'output.weight' data is not within the file bounds, model is corrupted or incomplete",
    ];
    expect(modelLoadError(library, failed, logged, 'm.gguf')).toMatchObject({
      code: 'model_unreadable',
      message: 'The model file m.gguf is incomplete.',
    });
  });

  it('recognises a lack of memory', () => {
    const tooSmall = new library.InsufficientMemoryError(
      'Not enough VRAM to fit the model with the specified settings',
    );
    expect(modelLoadError(library, tooSmall, [], 'm.gguf')).toMatchObject({
      code: 'out_of_memory',
      hint: expect.stringContaining('--gpu-layers') as string,
    });
    const logged = [
      'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 4096 MiB: cudaMalloc failed: out of memory',
    ];
    expect(modelLoadError(library, failed, logged, 'm.gguf')).toMatchObject({ code: 'out_of_memory' });
  });

  it('quotes llama.cpp for all other reasons', () => {
    expect(modelLoadError(library, failed, ['something about tensors.\n'], 'm.gguf')).toMatchObject({
      code: 'model_unreadable',
      message: 'llama.cpp cannot load m.gguf: something about tensors.',
    });
  });
});

describe('contextError', () => {
  it('names the flags that help', () => {
    expect(contextError(new Error('Failed to create context'), [], 4096, 8)).toMatchObject({
      code: 'out_of_memory',
      message: 'There is not enough memory for 8 slots of 4096 tokens: Failed to create context.',
      hint: expect.stringMatching(/--context.*--slots.*--gpu-layers.*smaller model/) as string,
    });
  });

  it('recognises a reason other than missing memory', () => {
    const logged = ['llama_init_from_model: quantized V cache requires flash_attn to be enabled'];
    expect(contextError(new Error('Failed to create context'), logged, 4096, 8)).toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('--cache-type f16') as string,
    });
  });
});
