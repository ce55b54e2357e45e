import { ChatstreamError, messageOf } from '../../../base/errors.js';
import { truncated } from '../../../gguf/gguf-file.js';
import type { Library } from './library.js';

/** llama.cpp's messages arrive through the event loop, after the failure that they explain. */
export const messageDelayMs = 20;

/**
 * Parts of llama.cpp's messages that show why loading has failed. They are not a stable interface: a test looks for
 * each of them in the installed binaries. If one changes, the error still quotes the last message of llama.cpp.
 */
export const llamaCppMessages = {
  unknownArchitecture: "unknown model architecture: '",
  outsideFile: 'not within the file bounds',
  incomplete: 'corrupted or incomplete',
  endOfFile: 'unexpectedly reached end of file',
  failedAllocation: 'failed to allocate',
  noAllocation: 'unable to allocate',
  needsFlashAttention: 'quantized V cache requires flash_attn',
} as const;

/** How other libraries report missing memory: CUDA, the C++ runtime and the operating system. */
const otherAllocationFailures = ['out of memory', 'bad_alloc', 'cannot allocate memory'];

/**
 * Explains why a model could not be loaded, from what was thrown and what llama.cpp has logged: it throws only "Failed
 * to load model", and the reason is in the log.
 *
 * @param logged llama.cpp's messages since loading began
 */
export function modelLoadError(
  library: Library,
  error: unknown,
  logged: readonly string[],
  path: string,
): ChatstreamError {
  if (error instanceof ChatstreamError) return error;
  const everything = [messageOf(error), ...logged].join('\n');

  const architecture = everything.split(llamaCppMessages.unknownArchitecture)[1]?.split("'")[0];
  if (architecture !== undefined) {
    return new ChatstreamError('model_unreadable', `The model's architecture, ${architecture}, is not supported.`, {
      hint: 'A newer version of chatstream may support it.',
      cause: error,
    });
  }
  const { outsideFile, incomplete, endOfFile } = llamaCppMessages;
  if (containsAny(everything, [outsideFile, incomplete, endOfFile])) return truncated(path);
  if (error instanceof library.InsufficientMemoryError || isAllocationFailure(everything)) {
    return new ChatstreamError('out_of_memory', `There is not enough memory for the model: ${lastLine(everything)}.`, {
      hint: 'Use a smaller model or a stronger quantisation, or keep fewer layers on the GPU (--gpu-layers).',
      cause: error,
    });
  }
  return new ChatstreamError('model_unreadable', `llama.cpp cannot load ${path}: ${lastLine(everything)}.`, {
    hint: 'The file may be damaged, or made for another version of llama.cpp.',
    cause: error,
  });
}

/** Explains why the slots could not be allocated. The cause is nearly always missing memory. */
export function contextError(
  error: unknown,
  logged: readonly string[],
  contextLength: number,
  slots: number,
): ChatstreamError {
  if (error instanceof ChatstreamError) return error;
  const everything = [messageOf(error), ...logged].join('\n');
  if (containsAny(everything, [llamaCppMessages.needsFlashAttention])) {
    return new ChatstreamError(
      'usage',
      'This model cannot use flash attention, which a quantised --cache-type needs.',
      {
        hint: 'Use --cache-type f16, or bf16.',
        param: 'cache-type',
        cause: error,
      },
    );
  }
  const reason = lastLine(everything);
  return new ChatstreamError(
    'out_of_memory',
    `There is not enough memory for ${slots} slots of ${contextLength} tokens: ${reason}.`,
    {
      hint: 'Shorten the context (--context), allocate fewer slots (--slots), keep fewer layers on the GPU (--gpu-layers), or use a smaller model.',
      cause: error,
    },
  );
}

function isAllocationFailure(text: string): boolean {
  const { failedAllocation, noAllocation } = llamaCppMessages;
  return containsAny(text, [failedAllocation, noAllocation, ...otherAllocationFailures]);
}

function containsAny(text: string, parts: readonly string[]): boolean {
  const lowerCase = text.toLowerCase();
  return parts.some((part) => lowerCase.includes(part.toLowerCase()));
}

function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? '';
  return line.replace(/[.\s]+$/, '');
}
