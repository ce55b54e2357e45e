import type { CompletedRequest } from '../../client/outcome.js';
import { isBurst } from '../answers/burst.js';
import { contradictsUsage, hiddenTokensOf, outputTokensOf } from '../answers/output-tokens.js';

/**
 * A response that stays open for longer than this after its last text is held open rather than just slow to end: in
 * microseconds, and in mean times between its texts. The round in which a model ends its answer has no text.
 */
const heldOpen = { leastUs: 100_000, gaps: 3 } as const;

const nothing = {
  /** Answers that arrived in one burst. */
  bursts: 0,
  /** Reasoning tokens that were never streamed. */
  hiddenTokens: 0,
  /** Answers whose usage is not credible, the output tokens that it claims, and the chunks that had text. */
  contradicted: 0,
  contradictedTokens: 0,
  contradictedChunks: 0,
  /** Answers whose usage says at their end how many tokens their chunks have together, these tokens, and the chunks. */
  unitemised: 0,
  unitemisedTokens: 0,
  unitemisedChunks: 0,
  /** Responses that stayed open after their last text, and for how long altogether, in microseconds. */
  heldOpen: 0,
  heldOpenUs: 0,
  /** Prompt tokens, and how many of them were in the server's cache according to the answers. */
  promptTokens: 0,
  cachedTokens: 0,
  /** Answers whose usage says how many were cached, and others whose timings do. */
  cachedByUsage: 0,
  cachedByTimings: 0,
};

/** What the answers of a run say about themselves, added up. */
export type AnswerCounts = Readonly<typeof nothing>;

/** Adds up {@link AnswerCounts}. */
export class AnswerCounter {
  readonly #total = { ...nothing };

  /** The counts so far, as plain data. */
  get counts(): AnswerCounts {
    return { ...this.#total };
  }

  add(request: CompletedRequest): void {
    const total = this.#total;
    const { promptTokens, cachedTokens, outputTokens, tokenChunks, lastTokenUs, endUs } = request;
    if (isBurst(request)) total.bursts += 1;
    else if (hasUnitemisedChunks(request)) {
      total.unitemised += 1;
      total.unitemisedTokens += outputTokensOf(request).tokens;
      total.unitemisedChunks += tokenChunks;
    }
    if (contradictsUsage(request)) {
      total.contradicted += 1;
      total.contradictedTokens += outputTokens ?? 0;
      total.contradictedChunks += tokenChunks;
    } else total.hiddenTokens += hiddenTokensOf(request);
    if (isHeldOpen(request)) {
      total.heldOpen += 1;
      total.heldOpenUs += endUs - lastTokenUs;
    }
    total.promptTokens += promptTokens ?? 0;
    if (cachedTokens === null || promptTokens === null) return;
    total.cachedTokens += Math.min(cachedTokens.tokens, promptTokens);
    if (cachedTokens.source === 'usage') total.cachedByUsage += 1;
    else total.cachedByTimings += 1;
  }

  /** Adds the counts of another thread. */
  addCounts(counts: AnswerCounts): void {
    for (const name of countNames) this.#total[name] += counts[name];
  }
}

function isHeldOpen({ lastTokenUs, endUs, gapsUs }: CompletedRequest): boolean {
  const openUs = endUs - lastTokenUs;
  if (openUs <= heldOpen.leastUs) return false;
  const gapsSumUs = gapsUs.reduce((sum, each) => sum + each, 0);
  return gapsUs.length === 0 || openUs > (heldOpen.gaps * gapsSumUs) / gapsUs.length;
}

/** A single chunk has no TPOT that could be wrong. */
function hasUnitemisedChunks(request: CompletedRequest): boolean {
  if (request.tokenChunks < 2) return false;
  return request.tokenCounts === null && outputTokensOf(request).source === 'usage';
}

const countNames = Object.keys(nothing).filter((name): name is keyof AnswerCounts => name in nothing);
