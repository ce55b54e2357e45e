import { freemem, platform, totalmem } from 'node:os';

import { ChatstreamError } from '../base/errors.js';
import { formatBytes } from '../base/units.js';
import { blockLength, type ByteRange, cacheBytes, type CacheType, isQuantised } from './kv-cache.js';
import type { GgufFile } from './gguf-file.js';

/** Bytes that can be had. */
export interface Memory {
  /** What is free, or would be given back when it is asked for. */
  readonly available: number;
  /** What there is. Weights are mapped from their file: they may take more than is free, and then cost speed. */
  readonly total: number;
}

/** What a model is going to take, by reckoning. Buffers for computing come on top. */
export interface MemoryNeed {
  readonly contextLength: number;
  readonly slots: number;
  readonly cacheType: CacheType;
  readonly weightBytes: number;
  readonly cacheBytes: ByteRange;
}

/** The engine's options that decide how much memory a model takes. */
export interface MemoryOptions {
  readonly slots: number;
  /** Tokens per slot; see {@link contextLengthOf} for `auto`. */
  readonly context: number | 'auto';
  readonly cacheType: CacheType;
}

/** Most tokens per slot that `auto` stands for: all memory for them is allocated at once. */
export const automaticContextLength = 4096;

/** @returns tokens per slot; `auto` is what the model was trained for, at most {@link automaticContextLength} */
export function contextLengthOf(context: number | 'auto', trainedContextLength: number | null): number {
  return context === 'auto'
    ? Math.min(trainedContextLength ?? automaticContextLength, automaticContextLength)
    : context;
}

/** Reckons up weights and cache. The weights take what their file does. */
export function memoryNeed(file: GgufFile, { slots, context, cacheType }: MemoryOptions): MemoryNeed {
  const contextLength = contextLengthOf(context, file.trainedContextLength);
  return {
    contextLength,
    slots,
    cacheType,
    weightBytes: file.fileBytes,
    cacheBytes: cacheBytes(file.cache, cacheType, contextLength, slots),
  };
}

/** Whether everything might take more than is free at the moment. */
export function isTight({ weightBytes, cacheBytes }: MemoryNeed, { available }: Memory): boolean {
  return weightBytes + cacheBytes.most > available;
}

/**
 * Refuses what cannot possibly fit: slots that take more than is free, because their cache is allocated and written to
 * at once, and weights and slots that together take more than there is. Weights that take more than is free are no
 * reason: they are read from their file as they are needed.
 *
 * The library checks too, but against all of the machine's memory, and it tries the allocation out to do so: asked for
 * 64 slots of 8 million tokens of a 300 kB model, it took 18 GB in a minute.
 *
 * @throws ChatstreamError `out_of_memory`, with the flag that helps
 */
export function checkMemory(need: MemoryNeed, memory: Memory): void {
  const cache = need.cacheBytes.least;
  const everything = need.weightBytes + cache;
  const slots = `${need.slots} ${need.slots === 1 ? 'slot' : 'slots'} of ${need.contextLength} tokens`;
  if (everything > memory.total) {
    const parts = `weights ${formatBytes(need.weightBytes)}, ${slots} ${formatBytes(cache)}`;
    throw outOfMemory(need, `The model needs ${formatBytes(everything)} of memory`, ` (${parts})`, {
      needed: everything,
      limit: memory.total,
      forCache: memory.total - need.weightBytes,
    });
  }
  if (cache > memory.available) {
    const sizes = { needed: cache, limit: memory.available, forCache: memory.available };
    throw outOfMemory(need, `${slots} need ${formatBytes(cache)} of memory`, '', sizes);
  }
}

/**
 * Refuses a cache type whose blocks do not divide the model's attention heads.
 *
 * @throws ChatstreamError `usage`
 */
export function checkCacheType({ cache }: GgufFile, type: CacheType): void {
  const block = blockLength(type);
  const odd = cache.headLengths?.find((length) => length % block !== 0);
  if (odd === undefined) return;
  throw new ChatstreamError(
    'usage',
    `--cache-type ${type} keeps values in blocks of ${block}; this model's attention heads have ${odd}.`,
    { hint: 'Use --cache-type f16 with this model.', param: 'cache-type' },
  );
}

/** Main memory. A container's limit counts; only Linux counts what it would give back as free. */
export function mainMemory(): Memory {
  const limit = process.constrainedMemory();
  const total = limit > 0 ? Math.min(totalmem(), limit) : totalmem();
  return { available: platform() === 'linux' ? Math.min(freemem(), total) : total, total };
}

interface Sizes {
  readonly needed: number;
  readonly limit: number;
  /** Bytes that the cache may take; negative if even the weights are too much. */
  readonly forCache: number;
}

function outOfMemory(
  need: MemoryNeed,
  beginning: string,
  parts: string,
  { needed, limit, forCache }: Sizes,
): ChatstreamError {
  const more = `${formatBytes(needed - limit)} more than the ${formatBytes(limit)} there are`;
  return new ChatstreamError('out_of_memory', `${beginning}${parts}, ${more}.`, { hint: hint(need, forCache) });
}

/** Which flag, set to what, would make it fit. */
function hint(need: MemoryNeed, forCache: number): string {
  const smaller = 'take a smaller model or a stronger quantisation';
  const share = Math.max(0, forCache) / need.cacheBytes.least;
  const context = Math.floor((need.contextLength * share) / 256) * 256;
  const slots = Math.floor(need.slots * share);
  if (context === 0 && slots === 0) return `${capitalised(smaller)}.`;
  const ways = [
    ...(context > 0 ? [`shorten the context (--context ${context})`] : []),
    ...(slots > 0 ? [`allocate fewer slots (--slots ${slots}, and no higher --max-concurrency)`] : []),
    ...(quantisingHelps(need, share) ? ['keep the cache in fewer bits (--cache-type q8_0)'] : []),
    smaller,
  ];
  return `${capitalised(`${ways.slice(0, -1).join(', ')}, or ${ways.at(-1) ?? ''}`)}.`;
}

/** q8_0 takes 17 bytes for what takes 32 in f16. */
function quantisingHelps({ cacheType }: MemoryNeed, share: number): boolean {
  return !isQuantised(cacheType) && share >= (cacheType === 'f32' ? 17 / 64 : 17 / 32);
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
