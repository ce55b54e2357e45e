import type { CachedTokens } from './outcome.js';
import type { Usage } from './protocol/chunk.js';

/** Prompt tokens that were in the server's cache, and which field says so. */
export function cachedTokensOf({
  usage,
  cachedByTimings,
}: {
  readonly usage: Usage | null;
  readonly cachedByTimings: number | null;
}): CachedTokens | null {
  const cachedByUsage = usage?.cachedTokens ?? null;
  if (cachedByUsage !== null) return { tokens: cachedByUsage, source: 'usage' };
  return cachedByTimings === null ? null : { tokens: cachedByTimings, source: 'timings' };
}

/** What the usage says about an answer without text. */
export function whyNoText(usage: Usage | null): string {
  const { outputTokens = null, reasoningTokens = null } = usage ?? {};
  if (outputTokens === null || outputTokens === 0) return 'The answer has no text: the model ended at once.';
  const counted = `The answer has no text, although the server counts ${outputTokens} output tokens`;
  return reasoningTokens === null || reasoningTokens === 0
    ? `${counted}.`
    : `${counted}, ${reasoningTokens} of them reasoning that it does not stream. More --output-tokens leave room for text.`;
}
