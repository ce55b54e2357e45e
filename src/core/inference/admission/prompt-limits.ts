import { ChatstreamError } from '../../base/errors.js';
import { contextLengthError, noEmbeddingsError, onlyEmbeddingsError } from '../../base/refusals/refusals.js';
import type { EngineInfo, PromptSource } from '../../engine/engine.js';
import type { InferenceRequest } from '../request.js';

/** @throws ChatstreamError `context_length_exceeded` if the prompt is longer than `most` tokens */
export function assertFits(
  { source }: InferenceRequest,
  promptTokens: number,
  most: number,
  contextLength: number,
): void {
  // Each of several inputs was compared with the context where it was made into tokens.
  if (promptTokens <= most || source.type === 'inputs') return;
  throw contextLengthError(promptTokens, contextLength, source.type === 'chat' ? 'messages' : 'prompt');
}

/** An engine either generates text or computes embeddings. @throws ChatstreamError `invalid_request` for the other */
export function assertServed({ type }: PromptSource, { embeddings }: EngineInfo): void {
  if ((type === 'inputs') === (embeddings !== undefined)) return;
  throw type === 'inputs' ? noEmbeddingsError() : onlyEmbeddingsError();
}

/**
 * The maximum number of ratings of a prompt that one answer can have: some 12 MB of JSON, which the server writes at
 * once.
 */
const mostRatings = 200_000;

/** @throws ChatstreamError `invalid_request` if the probabilities of a prompt are wanted and are too many */
export function assertRatable({ ratesPrompt, logprobs = 0 }: InferenceRequest, promptTokens: number): void {
  if (ratesPrompt !== true || promptTokens * (logprobs + 1) <= mostRatings) return;
  const most = Math.floor(mostRatings / promptTokens) - 1;
  throw new ChatstreamError('invalid_request', `"logprobs" is too high for a prompt of ${promptTokens} tokens.`, {
    param: 'logprobs',
    hint: most < 0 ? 'Send a shorter prompt, or leave "echo" out.' : `It can be ${most} at most with "echo".`,
  });
}
