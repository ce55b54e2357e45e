import type { CacheType } from '../gguf/kv-cache.js';

export const flashAttentionModes = ['auto', 'on', 'off'] as const;

export type FlashAttention = (typeof flashAttentionModes)[number];

/** How to load a model with llama.cpp. */
export interface LlamaEngineOptions {
  readonly engine: 'llama';
  /** A .gguf file that exists. */
  readonly modelPath: string;
  readonly slots: number;
  /** Tokens per slot; `auto` is what the model was trained for, at most 4096. */
  readonly context: number | 'auto';
  readonly gpu: 'auto' | 'cuda' | 'vulkan' | 'metal' | 'off';
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

export type MockReply = 'echo' | 'round' | 'long';

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
