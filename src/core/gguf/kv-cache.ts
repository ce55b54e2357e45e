import type { GgufValue } from './header.js';

/**
 * The types of KV cache: every type that llama.cpp accepts for both keys and values, the largest first. Those that begin
 * with `q` and `iq` are quantised.
 */
export const cacheTypes = ['f32', 'f16', 'bf16', 'q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0', 'iq4_nl'] as const;

export type CacheType = (typeof cacheTypes)[number];

/** Whether values are stored in blocks, with fewer than 16 bits each. */
export function isQuantised(type: CacheType): boolean {
  return /^i?q/.test(type);
}

/** What llama.cpp stores for each token that fits into a cache, allocated and written before everything else. */
const cellBytes = 48;

/** llama.cpp rounds the tokens of every sequence up to a multiple of this. */
const contextStep = 256;

/**
 * The blocks in which values are stored. Quantised types store 32 values together, with one scale for all of them (or a
 * scale and a minimum, of 2 bytes each).
 */
const blocks: Readonly<Record<CacheType, { readonly values: number; readonly bytes: number }>> = {
  f32: { values: 1, bytes: 4 },
  f16: { values: 1, bytes: 2 },
  bf16: { values: 1, bytes: 2 },
  q8_0: { values: 32, bytes: 34 },
  q5_1: { values: 32, bytes: 24 },
  q5_0: { values: 32, bytes: 22 },
  q4_1: { values: 32, bytes: 20 },
  q4_0: { values: 32, bytes: 18 },
  iq4_nl: { values: 32, bytes: 18 },
};

/** The length of an attention head must be a multiple of this for a cache of this type. */
export function blockLength(type: CacheType): number {
  return blocks[type].values;
}

/** What attention stores for every token. */
export interface CacheShape {
  /** Length of the keys and values of all layers together, for each token; null if the file does not say. */
  readonly valuesPerToken: number | null;
  /** Length of the keys and of the values of an attention head; null if the file does not say. */
  readonly headLengths: readonly number[] | null;
  /**
   * Whether every layer stores every token. Models with sliding windows, recurrent states, latent attention or shared
   * layers store less, and how much less depends on llama.cpp.
   */
  readonly plain: boolean;
}

/** Metadata, below the name of the architecture, of models that store less than the keys and values of every token. */
const signsOfLess =
  /^(ssm|kda|wkv|shortconv)\.|^attention\.(sliding_window|shared_kv_layers|kv_lora_rank|recurrent_layers)(\.|$)/;

/** Reads the shape from the metadata of a file. */
export function cacheShape(architecture: string, metadata: ReadonlyMap<string, GgufValue>): CacheShape {
  const prefix = `${architecture}.`;
  const field = (name: string): GgufValue | undefined => metadata.get(prefix + name);
  const number = (name: string): number | undefined => {
    const value = field(name);
    return typeof value === 'number' ? value : undefined;
  };
  const plain = ![...metadata.keys()].some(
    (key) => key.startsWith(prefix) && signsOfLess.test(key.slice(prefix.length)),
  );

  const layers = number('block_count');
  const width = number('embedding_length');
  const headCount = field('attention.head_count');
  const heads = typeof headCount === 'object' ? Math.max(...headCount) : headCount;
  const kvHeads = field('attention.head_count_kv') ?? headCount;
  if (layers === undefined || typeof heads !== 'number' || heads <= 0) {
    return { valuesPerToken: null, headLengths: null, plain: false };
  }
  const automaticLength = width === undefined ? undefined : width / heads;
  const keyLength = number('attention.key_length') ?? automaticLength;
  const valueLength = number('attention.value_length') ?? automaticLength;
  if (keyLength === undefined || valueLength === undefined) {
    return { valuesPerToken: null, headLengths: null, plain: false };
  }
  const kvHeadsOfAllLayers =
    typeof kvHeads === 'object' ? kvHeads.reduce((sum, count) => sum + count, 0) : Number(kvHeads) * layers;
  return {
    valuesPerToken: kvHeadsOfAllLayers * (keyLength + valueLength),
    headLengths: [keyLength, valueLength],
    plain,
  };
}

/** At least and at most this many bytes. Both are the same for plain attention. */
export interface ByteRange {
  readonly least: number;
  readonly most: number;
}

/**
 * The KV cache of all slots: slots × context (rounded up to 256) × (layers × KV heads × (key length + value length) ×
 * bytes per value + 48). For a model that is not plain this is the upper limit; only the 48 bytes per token are
 * certain.
 */
export function cacheBytes(shape: CacheShape, type: CacheType, contextLength: number, slots: number): ByteRange {
  const cells = slots * Math.ceil(contextLength / contextStep) * contextStep;
  const { values, bytes } = blocks[type];
  const most = cells * (cellBytes + ((shape.valuesPerToken ?? 0) * bytes) / values);
  return { least: shape.plain ? most : cells * cellBytes, most };
}
