import type { CompletedRequest } from '../../client/outcome.js';

/** The output tokens of an answer that arrived, and what counted them. */
export interface OutputTokens {
  readonly tokens: number;
  /** `none`: an answer that arrived as a whole, without a credible count. */
  readonly source: 'usage' | 'chunks' | 'none';
}

/**
 * The server's count, without reasoning that it did not stream. Without a credible count, every chunk with text is one
 * token.
 */
export function outputTokensOf(request: CompletedRequest): OutputTokens {
  const { outputTokens, tokenChunks } = request;
  if (request.isWhole === true) {
    return outputTokens === null || contradictsUsage(request)
      ? { tokens: 0, source: 'none' }
      : { tokens: outputTokens, source: 'usage' };
  }
  return outputTokens === null || contradictsUsage(request)
    ? { tokens: tokenChunks, source: 'chunks' }
    : { tokens: outputTokens - hiddenTokensOf(request), source: 'usage' };
}

/**
 * Whether the usage has less than half as many tokens as there are chunks with text, only one for several of them, or
 * none for an answer that arrived as a whole. A chunk has at least one token; a server that holds back text, or a proxy
 * that divides words, makes somewhat more chunks than tokens.
 */
export function contradictsUsage({ outputTokens, tokenChunks }: CompletedRequest): boolean {
  if (outputTokens === null) return false;
  return outputTokens * 2 < tokenChunks || (outputTokens <= 1 && tokenChunks > 1);
}

/** Reasoning tokens that never arrived. Some of those that the server counts may be in chunks, as ordinary text. */
export function hiddenTokensOf({ unseenReasoning, outputTokens, tokenChunks }: CompletedRequest): number {
  return Math.min(unseenReasoning, Math.max(0, (outputTokens ?? 0) - tokenChunks));
}

/**
 * Tokens that arrived after the first chunk: all except its own, which are known if the server counts them in every
 * chunk, and otherwise count as one.
 */
export function laterTokensOf(request: CompletedRequest): number {
  const counts = runningCountsOf(request);
  const [first] = counts ?? [];
  return first === undefined ? outputTokensOf(request).tokens - 1 : (request.outputTokens ?? 0) - first;
}

/** Tokens that arrived after this many chunks. */
export function tokensAfter(chunks: number, request: CompletedRequest): number {
  const { tokens } = outputTokensOf(request);
  if (chunks === 0) return tokens;
  const before = runningCountsOf(request)?.[chunks - 1];
  if (before !== undefined) return Math.max(0, (request.outputTokens ?? 0) - before);
  return (tokens * Math.max(0, request.tokenChunks - chunks)) / request.tokenChunks;
}

function runningCountsOf(request: CompletedRequest): readonly number[] | null {
  return contradictsUsage(request) ? null : request.tokenCounts;
}
