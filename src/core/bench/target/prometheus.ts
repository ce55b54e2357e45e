import { type BucketCounts, bucketsBetween } from '../../measurement/latency/buckets.js';
import { readHistogram, sumOf } from '../../measurement/latency/prometheus-text.js';
import type { CachedPromptTokens } from '../../measurement/settings/prompt-cache.js';

/** What a server has counted since it was started. Counters that do not exist yet are 0. */
export interface ServerCounters {
  readonly queueWait: BucketCounts;
  readonly promptCache: CachedPromptTokens;
}

/** What it counted between two readings; null if it counts nothing, or was restarted in between. */
export interface CountedInRun {
  readonly queueWait: BucketCounts | null;
  readonly promptCache: CachedPromptTokens | null;
}

/** Reads them from Prometheus's text format. */
export function readCounters(text: string): ServerCounters {
  return { queueWait: readQueueWait(text) ?? nothingCounted, promptCache: readPromptCache(text) };
}

export function countedBetween(before: ServerCounters, after: ServerCounters): CountedInRun {
  const cachedTokens = after.promptCache.cachedTokens - before.promptCache.cachedTokens;
  const promptTokens = after.promptCache.promptTokens - before.promptCache.promptTokens;
  return {
    queueWait: bucketsBetween(before.queueWait, after.queueWait),
    promptCache: promptTokens > 0 && cachedTokens >= 0 ? { cachedTokens, promptTokens } : null,
  };
}

/**
 * The servers' names for prompt tokens that were in their cache, and for those that they looked up. vLLM had the second
 * pair until the middle of 2025, and counted blocks of tokens in some versions; their ratio is the same.
 */
const promptCacheCounters = [
  { cached: 'vllm:prefix_cache_hits_total', all: 'vllm:prefix_cache_queries_total' },
  { cached: 'vllm:gpu_prefix_cache_hits_total', all: 'vllm:gpu_prefix_cache_queries_total' },
  { cached: 'sglang:cached_tokens_total', all: 'sglang:prompt_tokens_total' },
] as const;

function readPromptCache(text: string): CachedPromptTokens {
  for (const { cached, all } of promptCacheCounters) {
    const promptTokens = sumOf(text, all);
    if (promptTokens > 0) return { cachedTokens: sumOf(text, cached), promptTokens };
  }
  return { cachedTokens: 0, promptTokens: 0 };
}

/** The servers' names for their queue wait; all of them count seconds. */
const queueWaitMetricNames = [
  'vllm:request_queue_time_seconds',
  'tgi_request_queue_duration',
  'sglang:queue_time_seconds',
  // Its name until the middle of 2025.
  'sglang:queue_time_s',
] as const;

/**
 * Reads the first of {@link queueWaitMetricNames} from Prometheus's text format, with all label sets (models, engines)
 * added up.
 *
 * @returns null if the text has none of them
 */
export function readQueueWait(text: string): BucketCounts | null {
  for (const name of queueWaitMetricNames) {
    const histogram = readHistogram(text, name);
    if (histogram !== null) return histogram;
  }
  return null;
}

/** For servers that show the histogram only after the first request. */
export const nothingCounted: BucketCounts = { buckets: [], count: 0, sumMs: 0 };
