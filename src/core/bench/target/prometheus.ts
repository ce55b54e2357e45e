import { type BucketCounts, bucketsBetween } from '../../measurement/buckets.js';
import type { CachedPromptTokens } from '../../measurement/prompt-cache.js';

/** What a server has counted since it was started. What it has no name for yet is 0. */
export interface ServerCounters {
  readonly queueWait: BucketCounts;
  readonly promptCache: CachedPromptTokens;
}

/** What it counted between two readings; null where it counts nothing, or was restarted in between. */
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
 * The servers' names for prompt tokens that were in their cache, and for those that they looked for. vLLM had the second
 * pair until the middle of 2025, and counted blocks of tokens in some versions; their share is the same.
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

/** A counter, all label sets (models, engines, kinds of cache) added up; 0 if there is none. */
function sumOf(text: string, name: string): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    const match = line.startsWith(name) ? sample.exec(line) : null;
    if (match?.[1] === name && Number.isFinite(Number(match[3]))) sum += Number(match[3]);
  }
  return sum;
}

/** The servers' names for their queue wait; all of them count seconds. */
const queueWaitMetricNames = [
  'vllm:request_queue_time_seconds',
  'tgi_request_queue_duration',
  'sglang:queue_time_seconds',
  // Its name until the middle of 2025.
  'sglang:queue_time_s',
] as const;

/** Name, labels, value. A label's value, such as a path of a model, may have braces and escaped quotes in it. */
const sample = /^([a-zA-Z_:][\w:]*)(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?\s+(\S+)/;
const upperBound = /[{,]\s*le="([^"]+)"/;

/**
 * Reads the first of {@link queueWaitMetricNames} from Prometheus's text format, all label sets (models, engines) added up.
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

function readHistogram(text: string, name: string): BucketCounts | null {
  const cumulative = new Map<number, number>();
  let count = 0;
  let seconds = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const match = sample.exec(line);
    if (match === null) continue;
    const value = Number(match[3]);
    if (match[1] === `${name}_count`) count += value;
    else if (match[1] === `${name}_sum`) seconds += value;
    else if (match[1] === `${name}_bucket`) {
      const bound = upperBound.exec(match[2] ?? '')?.[1];
      if (bound === undefined || !Number.isFinite(value)) continue;
      const upTo = bound === '+Inf' ? Infinity : Number(bound);
      cumulative.set(upTo, (cumulative.get(upTo) ?? 0) + value);
    }
  }
  if (cumulative.size === 0) return null;
  let below = 0;
  const buckets = [...cumulative.entries()]
    .sort(([a], [b]) => a - b)
    .map(([upTo, total]) => {
      const inBucket = Math.max(0, total - below);
      below = Math.max(below, total);
      return { upToMs: upTo === Infinity ? null : upTo * 1000, count: inBucket };
    });
  return { buckets, count, sumMs: seconds * 1000 };
}

/** For servers that show the histogram only after the first request. */
export const nothingCounted: BucketCounts = { buckets: [], count: 0, sumMs: 0 };
