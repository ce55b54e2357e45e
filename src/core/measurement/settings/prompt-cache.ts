import { percentText } from '../numbers.js';
import type { PromptCache, Run } from '../result-schema.js';

/** Prompt tokens, and how many of them were in the server's cache. */
export interface CachedPromptTokens {
  readonly cachedTokens: number;
  readonly promptTokens: number;
}

/** Two sides whose cached shares differ by more than this, in percentage points ÷ 100, did not do the same work. */
export const cachedShareTolerance = 0.05;

/** @returns null if there were no prompt tokens */
export function promptCacheOf(
  { cachedTokens, promptTokens }: CachedPromptTokens,
  source: PromptCache['source'],
): PromptCache | null {
  if (promptTokens <= 0) return null;
  const cached = Math.min(cachedTokens, promptTokens);
  return {
    cached_tokens: Math.round(cached),
    prompt_tokens: Math.round(promptTokens),
    share: cached / promptTokens,
    source,
  };
}

/** The prompt cache of all runs for which it is known; null if it is known for none. */
export function mergedPromptCache(runs: readonly Pick<Run, 'prompt_cache'>[]): PromptCache | null {
  const known = runs.flatMap(({ prompt_cache: cache }) => cache ?? []);
  const cachedTokens = known.reduce((sum, cache) => sum + cache.cached_tokens, 0);
  const promptTokens = known.reduce((sum, cache) => sum + cache.prompt_tokens, 0);
  const sources = new Set(known.map(({ source }) => source));
  // The least exact one counts.
  const source = (['aggregate', 'timings', 'usage'] as const).find((each) => sources.has(each));
  return source === undefined ? null : promptCacheOf({ cachedTokens, promptTokens }, source);
}

/** The share of the prompt tokens that the server had in its cache, 0 to 1; null if unknown. */
export function cachedShareOf(runs: readonly Pick<Run, 'prompt_cache'>[]): number | null {
  return mergedPromptCache(runs)?.share ?? null;
}

/**
 * How two sides differ in what the server had in its cache, in words, such as `0 % of the prompt tokens were cached on the
 * baseline, 97 % on the candidate`; null if they differ by no more than {@link cachedShareTolerance}, or if neither side
 * says. A side that does not say is only compared with one that had more than that.
 */
export function cachedShareDifference(
  baseline: readonly Pick<Run, 'prompt_cache'>[],
  candidate: readonly Pick<Run, 'prompt_cache'>[],
): string | null {
  const before = cachedShareOf(baseline);
  const after = cachedShareOf(candidate);
  if (Math.abs((before ?? 0) - (after ?? 0)) <= cachedShareTolerance) return null;
  const side = (share: number | null): string => (share === null ? 'an unknown share' : percentText(share));
  return `${side(before)} of the prompt tokens were cached on the baseline, ${side(after)} on the candidate`;
}
