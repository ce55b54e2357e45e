import { freemem, platform, totalmem } from 'node:os';

import type { GgufFileInfo, Llama } from 'node-llama-cpp';

import { ChatstreamError } from '../../base/errors.js';
import { formatBytes } from '../../base/units.js';

/** llama.cpp's own notes on each token that fits into a cache; they are allocated, and written to, before all else. */
const cellBytes = 48;

/** Keys and values are kept as f16. */
const valueBytes = 2;

/**
 * What one token of context takes at least, in bytes: all of it for plain attention, and only llama.cpp's notes for
 * models that keep less than the keys and values of every token (sliding windows, recurrent states, latent attention).
 */
export function cacheBytesPerToken({ architectureMetadata }: Pick<GgufFileInfo, 'architectureMetadata'>): number {
  const { attention, block_count: layers, embedding_length: width, ssm, kda, wkv, shortconv } = architectureMetadata;
  const heads = attention?.head_count;
  const kvHeads = attention?.head_count_kv ?? heads;
  const keepsLess = [ssm, kda, wkv, shortconv, attention?.sliding_window, attention?.shared_kv_layers];
  if (keepsLess.some((sign) => sign !== undefined) || (attention !== undefined && 'kv_lora_rank' in attention)) {
    return cellBytes;
  }
  if (layers === undefined || width === undefined || typeof heads !== 'number' || typeof kvHeads !== 'number') {
    return cellBytes;
  }
  const keyLength = attention?.key_length ?? width / heads;
  const valueLength = attention?.value_length ?? width / heads;
  return cellBytes + layers * kvHeads * (keyLength + valueLength) * valueBytes;
}

/**
 * Refuses slots that cannot possibly fit. The library checks too, but against all of the machine's memory, and it tries
 * the allocation out to do so: asked for 64 slots of 8 million tokens of a 300 kB model, it took 18 GB in a minute.
 *
 * @throws ChatstreamError `out_of_memory`
 */
export function checkCacheFits(bytesPerToken: number, contextLength: number, slots: number, available: number): void {
  const needed = bytesPerToken * contextLength * slots;
  if (needed <= available) return;
  throw new ChatstreamError(
    'out_of_memory',
    `${slots} slots of ${contextLength} tokens take ${formatBytes(needed)} of memory at least; there are ${formatBytes(available)}.`,
    { hint: 'Shorten the context (--context), allocate fewer slots (--slots), or take a smaller model.' },
  );
}

/** Main memory that can be had, and the GPU's. Only Linux counts what it would give back as free. */
export async function availableMemory(llama: Llama): Promise<number> {
  const main = platform() === 'linux' ? freemem() : totalmem();
  if (llama.gpu === false) return main;
  const { free, unifiedSize } = await llama.getVramState();
  return main + (unifiedSize > 0 ? 0 : free);
}
