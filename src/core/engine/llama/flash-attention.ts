import { type FlashAttention, type LlamaEngineOptions } from '../options.js';
import { type CacheShape, isQuantised } from '../../gguf/kv-cache.js';

/** Values in a head, from which on llama.cpp's flash attention is worth its while on a CPU. */
const longHead = 64;

/**
 * What `auto` is on the device at hand: llama.cpp's own choice, which is to use it where it works; but not on a CPU with
 * short heads, which it computes one value after the other.
 *
 * Measured with llama.cpp v0.5.0 on an x86-64 CPU with AVX-512 and one thread, ten shapes of 5 to 70 MB, 1 and 8 sequences
 * that held 100 and 800 tokens: with heads of 32 a round took 1.1 to 1.7 times (100 tokens) and 2.1 to 3.4 times (800) as
 * long as without; with heads of 64 and 128, 0.7 to 1.3 times.
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
