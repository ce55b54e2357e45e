import type { CacheType } from '../gguf/kv-cache.js';

export const engines = ['llama', 'mock'] as const;

export type EngineName = (typeof engines)[number];

/** The device that llama.cpp uses; only `auto` may fall back to another one. */
export const gpuChoices = ['auto', 'cuda', 'vulkan', 'metal', 'off'] as const;

export type GpuChoice = (typeof gpuChoices)[number];

/** Attention computed in one pass, without a large intermediate; `auto` where the model and the device support it. */
export const flashAttentionModes = ['auto', 'on', 'off'] as const;

export type FlashAttention = (typeof flashAttentionModes)[number];

/** What the mock says: `echo` repeats the last message, `round` counts to 16, `long` counts until `max_tokens`. */
export const mockReplies = ['echo', 'round', 'long'] as const;

export type MockReply = (typeof mockReplies)[number];

/** Which of several engines with the same model this one is. They share cores and memory. */
interface ReplicaNumber {
  /** From 0. */
  readonly index: number;
  /** How many there are, 2 or more. */
  readonly count: number;
}

/** How to load a model with llama.cpp. */
export interface LlamaEngineOptions {
  readonly engine: 'llama';
  /** A .gguf file that exists. */
  readonly modelPath: string;
  readonly slots: number;
  /** Tokens per slot; `auto` is what the model was trained for, at most `automaticContextLength`. */
  readonly context: number | 'auto';
  readonly gpu: GpuChoice;
  /** Layers to keep on the GPU. */
  readonly gpuLayers: number | 'auto';
  readonly flashAttention: FlashAttention;
  /** How keys and values are stored. Quantised types need flash attention. */
  readonly cacheType: CacheType;
  /** Compute threads; `auto` measures what is fastest on this machine, or with its share of the cores. */
  readonly threads: number | 'auto';
  /** Prompt tokens that one round may prefill in addition to the decodes; `auto` depends on the device. */
  readonly prefillChunk: number | 'auto';
  /**
   * The time per token that generations should get at most, in milliseconds: rounds prefill less where they would take
   * longer. Left out, they always prefill a whole chunk.
   */
  readonly tpotTargetMs?: number;
  /** Bytes for conversations that have left their slots; `auto` is a part of the free memory; 0 keeps none. */
  readonly promptCache: number | 'auto';
  /** Left out for an engine that has the whole machine. */
  readonly replica?: ReplicaNumber;
  /** Whether to compute embeddings instead of text. */
  readonly embeddings?: boolean;
}

/** An engine without a model, with exact timing and predictable text. */
export interface MockEngineOptions {
  readonly engine: 'mock';
  readonly slots: number;
  /** Tokens per slot; `auto` is `automaticContextLength`. */
  readonly context: number | 'auto';
  /** Time from the start of a generation to its first token. */
  readonly prefillMs: number;
  /** Duration of a round. */
  readonly tokenMs: number;
  readonly reply: MockReply;
  /** Whether to compute embeddings instead of text. */
  readonly embeddings?: boolean;
}

export type EngineOptions = LlamaEngineOptions | MockEngineOptions;

/**
 * Prompt tokens per round. On a GPU, more of them are read in nearly the same time: a model of 8B parameters read 6,000 tokens/s in
 * chunks of 128, 8,800 in chunks of 512 and 9,200 to 10,000 in chunks of 2048 (NVIDIA H200).
 *
 * @param isOnGpu whether all layers are
 */
export function prefillChunkOf({ prefillChunk }: Pick<LlamaEngineOptions, 'prefillChunk'>, isOnGpu: boolean): number {
  if (prefillChunk !== 'auto') return prefillChunk;
  return isOnGpu ? 512 : 128;
}
