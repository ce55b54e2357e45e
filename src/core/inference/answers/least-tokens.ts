import type { InferenceRequest } from '../request.js';

/**
 * The minimum number of output tokens of an answer, which shows how long it takes: 0 if it may end at any time.
 *
 * @param room output tokens that fit into the context beside the prompt
 */
export function leastTokens(
  { maxTokens, minTokens, ignoreEos, stop, stopTokens, format }: InferenceRequest,
  room: number,
): number {
  // A JSON object ends when it is complete.
  if (format.type !== 'text') return 0;
  // Stop texts and tokens end it only after `minTokens`.
  const isExact = ignoreEos && stop.length === 0 && stopTokens.length === 0;
  return Math.max(0, Math.min(isExact ? maxTokens : minTokens, maxTokens, room));
}
