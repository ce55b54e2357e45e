import type { Llama, LlamaModel, LlamaModelOptions } from 'node-llama-cpp';
import type { CacheType } from '../../../gguf/kv-cache.js';
import type { Loading } from '../../loading.js';
import type { FlashAttention, LlamaEngineOptions } from '../../options.js';
import type { Library } from '../library/library.js';
import { modelLoadError } from '../library/load-errors.js';
import type { RecentMessages } from '../library/recent-messages.js';

/** The library's names for {@link CacheType}. */
export const libraryTypes = {
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

/** The library's names for {@link FlashAttention}. */
export const libraryModes = { auto: 'auto', on: true, off: false } as const satisfies Record<FlashAttention, unknown>;

/** An open device, on which a model is loaded. */
export interface OpenDevice {
  readonly library: Library;
  readonly llama: Llama;
  readonly messages: RecentMessages;
}

/**
 * Loads the weights of a model, as many layers of it onto the GPU as leave room for its slots.
 *
 * @param contextLength tokens per slot
 * @param onLoading called with each whole percent
 * @throws ChatstreamError `model_unreadable` or `out_of_memory`
 */
export async function loadWeights(
  { library, llama, messages }: OpenDevice,
  options: LlamaEngineOptions,
  contextLength: number,
  onLoading: (loading: Loading) => void,
): Promise<LlamaModel> {
  const { modelPath } = options;
  const onLoadProgress = weightsProgress(onLoading);
  const gpuLayers = gpuLayersOf(llama, options, contextLength);
  onLoadProgress(0);
  const model = await messages.explaining(
    () => llama.loadModel({ modelPath, gpuLayers, onLoadProgress, ...cacheOptions(options) }),
    (error, logged) => modelLoadError(library, error, logged, modelPath),
  );
  onLoadProgress(1);
  return model;
}

/** Receives the share that has been read, 0 to 1. @param onLoading called with each whole percent */
export function weightsProgress(onLoading: (loading: Loading) => void): (share: number) => void {
  let reported = -1;
  return (share) => {
    const percent = Math.floor(share * 100);
    // The library still reports progress after it has said that it is done.
    if (percent <= reported) return;
    reported = percent;
    onLoading({ step: 'weights', percent });
  };
}

function gpuLayersOf(
  llama: Llama,
  { gpuLayers, slots }: LlamaEngineOptions,
  contextLength: number,
): NonNullable<LlamaModelOptions['gpuLayers']> {
  if (llama.gpu === false) return 0;
  return gpuLayers === 'auto' ? { fitContext: { contextSize: contextLength * slots } } : gpuLayers;
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
