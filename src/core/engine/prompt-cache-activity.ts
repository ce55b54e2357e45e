/** Where the beginning of a prompt was found: in its slot, in the memory of the prompt cache, or in another slot. */
export const cacheSources = ['slot', 'memory', 'copy'] as const;

export type CacheSource = (typeof cacheSources)[number];

/** The contents of the prompt cache, and its activity since the engine process started. */
export interface PromptCacheActivity {
  /** The number of the engine process: each process counts from the beginning. */
  readonly pid: number;
  /** Conversations that are kept in memory. */
  readonly entries: number;
  readonly bytes: number;
  /** Conversations that were evicted for others. */
  readonly evictions: number;
  /** Generations that began with at least 32 tokens or half of their prompt, by where these came from. */
  readonly hits: Readonly<Record<CacheSource, number>>;
  /** All others. */
  readonly misses: number;
  /** Prompt tokens that needed no prefill. */
  readonly tokens: number;
  /** Time spent on saving, restoring and copying. */
  readonly busyMs: number;
}

/** Where conversations that have left their slots are kept. */
export type PromptCacheInfo =
  | { readonly status: 'on'; readonly folder: string; readonly limitBytes: number }
  | { readonly status: 'off'; readonly reason: string };
