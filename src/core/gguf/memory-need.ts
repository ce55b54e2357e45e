import { freemem, platform, totalmem } from 'node:os';
import { ChatstreamError } from '../base/errors.js';
import { formatBytes } from '../base/units.js';
import { freeInCgroup } from './cgroup-memory.js';
import type { GgufFile } from './gguf-file.js';
import { blockLength, type ByteRange, cacheBytes, type CacheType, isQuantised } from './kv-cache.js';

/** Memory of a machine, in bytes. */
export interface Memory {
  /** Memory that is free, or would be freed when needed. */
  readonly available: number;
  /** All memory. Weights are mapped from their file: they may take more than is free, at the cost of speed. */
  readonly total: number;
}

/** The calculated memory need of a model. Buffers for computing are not included. */
export interface MemoryNeed {
  readonly contextLength: number;
  /** What the model was trained for; null if it does not say. */
  readonly trainedContextLength: number | null;
  readonly slots: number;
  readonly cacheType: CacheType;
  readonly weightBytes: number;
  readonly cacheBytes: ByteRange;
}

/** The options of the engine that decide how much memory a model takes. */
export interface MemoryOptions {
  readonly slots: number;
  /** Tokens per slot; see {@link contextLengthOf} for `auto`. */
  readonly context: number | 'auto';
  readonly cacheType: CacheType;
}

/**
 * The maximum number of tokens per slot that `auto` chooses, because the memory for all of them is allocated at once.
 */
export const automaticContextLength = 4096;

/** @returns tokens per slot; `auto` is what the model was trained for, at most {@link automaticContextLength} */
export function contextLengthOf(context: number | 'auto', trainedContextLength: number | null): number {
  return context === 'auto'
    ? Math.min(trainedContextLength ?? automaticContextLength, automaticContextLength)
    : context;
}

/**
 * Calculates the memory need of weights and cache. The weights need as much as their file.
 *
 * @throws ChatstreamError `usage` for a longer context than the model has positions: llama.cpp would end the process at the
 *   first text that is longer
 */
export function memoryNeed(file: GgufFile, { slots, context, cacheType }: MemoryOptions): MemoryNeed {
  const { positions, trainedContextLength } = file;
  if (positions !== null && context !== 'auto' && context > positions) {
    throw new ChatstreamError(
      'usage',
      `--context ${context} is more than the ${positions} tokens that this model can read.`,
      {
        hint: `Leave --context out, or set it to ${positions} at most.`,
      },
    );
  }
  const contextLength = Math.min(contextLengthOf(context, trainedContextLength), positions ?? Infinity);
  return {
    contextLength,
    trainedContextLength,
    slots,
    cacheType,
    weightBytes: file.fileBytes,
    cacheBytes: cacheBytes(file.cache, cacheType, contextLength, slots),
  };
}

/**
 * Whether weights and cache together may need more than is free at the moment.
 *
 * @param more bytes that are needed in addition
 */
export function isTight({ weightBytes, cacheBytes }: MemoryNeed, { available }: Memory, more = 0): boolean {
  return weightBytes + cacheBytes.most + more > available;
}

/**
 * Refuses what cannot possibly fit: slots that need more than is free, because their cache is allocated and written to at
 * once, and weights and slots that together need more than all memory. Weights alone may need more than is free: they are
 * read from their file as needed.
 *
 * The library checks too, but it compares with all memory of the machine, and it tries the allocation out to do so: for 64
 * slots of 8 million tokens of a 300 kB model, it allocated 18 GB in a minute.
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

/**
 * The main memory, within the limit of the container. Only on Linux does the free memory include what the system would
 * give back.
 */
export function mainMemory(): Memory {
  const limit = process.constrainedMemory();
  const isLimited = limit > 0 && limit < totalmem();
  const total = isLimited ? limit : totalmem();
  if (platform() !== 'linux') return { available: total, total };
  const left = isLimited ? (freeInCgroup(limit) ?? limit) : total;
  return { available: Math.min(freemem(), left), total };
}

interface Sizes {
  readonly needed: number;
  readonly limit: number;
  /** Bytes that are left for the cache; negative if even the weights are too large. */
  readonly forCache: number;
}

function outOfMemory(
  need: MemoryNeed,
  beginning: string,
  parts: string,
  { needed, limit, forCache }: Sizes,
): ChatstreamError {
  const more = `${formatBytes(needed - limit)} more than the available ${formatBytes(limit)}`;
  return new ChatstreamError('out_of_memory', `${beginning}${parts}, ${more}.`, { hint: hint(need, forCache) });
}

/** The flags, and their values, with which the model would fit. */
function hint(need: MemoryNeed, forCache: number): string {
  const smaller = 'use a smaller model or a stronger quantisation';
  const share = Math.max(0, forCache) / need.cacheBytes.least;
  const fitting = Math.floor((need.contextLength * share) / 256) * 256;
  const context = Math.min(fitting, need.trainedContextLength ?? Infinity);
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

/** q8_0 needs 17 bytes where f16 needs 32. */
function quantisingHelps({ cacheType }: MemoryNeed, share: number): boolean {
  return !isQuantised(cacheType) && share >= (cacheType === 'f32' ? 17 / 64 : 17 / 32);
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
