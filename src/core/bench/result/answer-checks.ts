import type { PromptCache, RunChecks } from '../../measurement/result-schema.js';
import { type CachedPromptTokens, promptCacheOf } from '../../measurement/settings/prompt-cache.js';
import { AnswerCounter, type AnswerCounts } from '../record/counters/answer-counts.js';
import type { RunPart } from '../record/run-part.js';

export function addUpAnswers(parts: readonly RunPart[]): AnswerCounts {
  const counter = new AnswerCounter();
  for (const { answers } of parts) counter.addCounts(answers);
  return counter.counts;
}

/** With fewer tokens per chunk on average, the first chunk is likely to have only one. */
const severalTokens = 1.5;

function packedChunks({
  unitemised,
  unitemisedTokens,
  unitemisedChunks,
}: AnswerCounts): Pick<RunChecks, 'packed_chunks'> {
  if (unitemisedChunks === 0 || unitemisedTokens < severalTokens * unitemisedChunks) return {};
  return { packed_chunks: { answers: unitemised, output_tokens: unitemisedTokens, text_chunks: unitemisedChunks } };
}

/** Observations about the answers of a run. */
export function answerChecks(answers: AnswerCounts): Omit<RunChecks, 'littles_law_error'> {
  const { bursts, hiddenTokens, contradicted, contradictedTokens, contradictedChunks, heldOpen, heldOpenUs } = answers;
  return {
    burst_answers: bursts,
    hidden_reasoning_tokens: hiddenTokens,
    contradicted_usage: {
      answers: contradicted,
      output_tokens: contradictedTokens,
      text_chunks: contradictedChunks,
    },
    ...packedChunks(answers),
    held_open: { answers: heldOpen, mean_ms: heldOpen === 0 ? null : Math.round(heldOpenUs / heldOpen) / 1000 },
  };
}

/**
 * The prompt tokens that were in the server's cache, according to the answers. Some servers leave the number out if it
 * is 0: if one answer says how many were cached, those without a number had none.
 *
 * @param counted by the server itself; it is used only if no answer says
 */
export function promptCacheIn(answers: AnswerCounts, counted: CachedPromptTokens | null): PromptCache | null {
  if (answers.cachedByUsage > 0) return promptCacheOf(answers, 'usage');
  if (answers.cachedByTimings > 0) return promptCacheOf(answers, 'timings');
  return counted === null ? null : promptCacheOf(counted, 'aggregate');
}
