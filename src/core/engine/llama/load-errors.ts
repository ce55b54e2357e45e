import { ChatstreamError, messageOf } from '../../base/errors.js';
import { truncated } from '../../gguf/gguf-file.js';
import type { Library } from './library.js';

/**
 * Why a model could not be loaded, from what was thrown and what llama.cpp logged: it throws only "Failed to load
 * model", the reason is in the log.
 *
 * @param logged llama.cpp's messages since loading began
 */
export function modelLoadError(
  library: Library,
  thrown: unknown,
  logged: readonly string[],
  path: string,
): ChatstreamError {
  if (thrown instanceof ChatstreamError) return thrown;
  const everything = [messageOf(thrown), ...logged].join('\n');

  const architecture = /unknown model architecture: '([^']*)'/.exec(everything)?.[1];
  if (architecture !== undefined) {
    return new ChatstreamError('model_unreadable', `The model's architecture, ${architecture}, is not supported.`, {
      hint: 'A newer version of chatstream may support it.',
      cause: thrown,
    });
  }
  if (/not within the file bounds|corrupted or incomplete|unexpectedly reached end of file/.test(everything)) {
    return truncated(path);
  }
  if (thrown instanceof library.InsufficientMemoryError || isAllocationFailure(everything)) {
    return new ChatstreamError('out_of_memory', `There is not enough memory for the model: ${lastLine(everything)}.`, {
      hint: 'Take a smaller model or a stronger quantisation, or keep fewer layers on the GPU (--gpu-layers).',
      cause: thrown,
    });
  }
  return new ChatstreamError('model_unreadable', `llama.cpp cannot load ${path}: ${lastLine(everything)}.`, {
    hint: 'The file may be damaged, or made for another version of llama.cpp.',
    cause: thrown,
  });
}

/** Why the memory for the slots could not be had. There is hardly another reason for a context to fail. */
export function contextError(
  thrown: unknown,
  logged: readonly string[],
  contextLength: number,
  slots: number,
): ChatstreamError {
  if (thrown instanceof ChatstreamError) return thrown;
  const everything = [messageOf(thrown), ...logged].join('\n');
  if (/quantized V cache requires flash_attn/i.test(everything)) {
    return new ChatstreamError(
      'usage',
      'This model cannot use flash attention, which a quantised --cache-type needs.',
      {
        hint: 'Use --cache-type f16, or bf16.',
        param: 'cache-type',
        cause: thrown,
      },
    );
  }
  const reason = lastLine(everything);
  return new ChatstreamError(
    'out_of_memory',
    `There is not enough memory for ${slots} slots of ${contextLength} tokens: ${reason}.`,
    {
      hint: 'Shorten the context (--context), allocate fewer slots (--slots), keep fewer layers on the GPU (--gpu-layers), or take a smaller model.',
      cause: thrown,
    },
  );
}

function isAllocationFailure(text: string): boolean {
  return /failed to allocate|unable to allocate|out of memory|bad_alloc|cannot allocate memory/i.test(text);
}

function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? '';
  return line.replace(/[.\s]+$/, '');
}
