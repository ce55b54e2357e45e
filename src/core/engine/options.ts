import type { CacheType } from '../gguf/kv-cache.js';

export const flashAttentionModes = ['auto', 'on', 'off'] as const;

export type FlashAttention = (typeof flashAttentionModes)[number];

export const engines = ['llama', 'mock'] as const;

export const gpuChoices = ['auto', 'cuda', 'vulkan', 'metal', 'off'] as const;

export const mockReplies = ['echo', 'round', 'long'] as const;

export type MockReply = (typeof mockReplies)[number];

/** Most tokens per slot that `--context auto` allocates. */
export const automaticContextLength = 4096;

/** How to load a model with llama.cpp. */
export interface LlamaEngineOptions {
  readonly engine: 'llama';
  /** A .gguf file that exists. */
  readonly modelPath: string;
  readonly slots: number;
  /** Tokens per slot; `auto` is what the model was trained for, at most 4096. */
  readonly context: number | 'auto';
  readonly gpu: (typeof gpuChoices)[number];
  /** Layers to keep on the GPU. */
  readonly gpuLayers: number | 'auto';
  /** Attention computed in one pass, without a large intermediate; `auto` where model and device can. */
  readonly flashAttention: FlashAttention;
  /** Of keys and values. Quantised ones need flash attention. */
  readonly cacheType: CacheType;
  /** Compute threads; `auto` measures what is fastest on this machine. */
  readonly threads: number | 'auto';
  /** Prompt tokens that one round may prefill beside the decodes. */
  readonly prefillChunk: number;
}

/** An engine without a model, whose timing is exact and whose text is known beforehand. */
export interface MockEngineOptions {
  readonly engine: 'mock';
  readonly slots: number;
  readonly context: number | 'auto';
  /** From the start of a generation to its first token. */
  readonly prefillMs: number;
  /** What a round takes. */
  readonly tokenMs: number;
  /**
   * `echo` repeats the last message, `round` counts its own rounds up to 16, `long` counts until `max_tokens`.
   */
  readonly reply: MockReply;
}

export type EngineOptions = LlamaEngineOptions | MockEngineOptions;
