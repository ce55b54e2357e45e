import { answerTokens, type Timings } from '../../../inference/request.js';
import type { ResponseUsage } from '../../schemas/responses/response-answers.js';

/** The `usage` of a response. */
export function usageOf(timings: Timings): ResponseUsage {
  const { promptTokens, cachedTokens, reasoningTokens } = timings;
  const outputTokens = answerTokens(timings);
  return {
    input_tokens: promptTokens,
    // OpenAI charges for writing to its cache; here nothing is.
    input_tokens_details: { cached_tokens: cachedTokens, cache_write_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: promptTokens + outputTokens,
  };
}
