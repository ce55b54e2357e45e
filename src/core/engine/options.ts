/**
 * What the KV cache is kept as: every type that llama.cpp takes for keys and values alike, by what a value takes, most
 * first. Those in `q` and `iq` are quantised.
 */
export const cacheTypes = ['f32', 'f16', 'bf16', 'q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0', 'iq4_nl'] as const;

export type CacheType = (typeof cacheTypes)[number];

/** Whether values are kept in blocks, with fewer than 16 bits each. */
export function isQuantised(type: CacheType): boolean {
  return /^i?q/.test(type);
}

export const flashAttentionModes = ['auto', 'on', 'off'] as const;

export type FlashAttention = (typeof flashAttentionModes)[number];

/** The default for the context is what the model was trained for, but no more: the memory for it is taken at once. */
const automaticContextLength = 4096;

/** Tokens per slot that `auto` means for a model. */
export function contextLengthOf(context: number | 'auto', trainedContextLength: number | null): number {
  return context === 'auto'
    ? Math.min(trainedContextLength ?? automaticContextLength, automaticContextLength)
    : context;
}

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
