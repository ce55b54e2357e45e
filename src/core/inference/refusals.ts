import { ChatstreamError } from '../base/errors.js';
import type { InferenceRequest } from './request.js';

export function clientLeftError(): ChatstreamError {
  return new ChatstreamError('cancelled', 'The client left before its request was admitted.');
}

/** Before the model has been loaded for the first time. */
export function stillLoadingError(): ChatstreamError {
  return new ChatstreamError('engine_unavailable', 'The model is still being loaded.', {
    hint: 'Try again in a moment; /readyz says when it is ready.',
    retryAfterSeconds: 1,
  });
}

export function engineDownError(retryAfterSeconds: number): ChatstreamError {
  return new ChatstreamError('engine_unavailable', 'The engine is down and could not be restarted.', {
    hint: 'Try again later; the server log says why.',
    retryAfterSeconds,
  });
}

/** The end of a drain's patience. */
export function abandonedError(retryAfterSeconds: number): ChatstreamError {
  return new ChatstreamError('draining', 'The server shut down before the answer was complete.', {
    hint: 'Send the request again in a moment, or to another server.',
    retryAfterSeconds,
  });
}

/** @throws ChatstreamError `context_length_exceeded` if there is no room for the prompt and one token */
export function assertFits({ source }: InferenceRequest, promptTokens: number, contextLength: number): void {
  if (promptTokens < contextLength) return;
  throw new ChatstreamError(
    'context_length_exceeded',
    `The prompt has ${promptTokens} tokens, and the context of ${contextLength} must hold it and the answer.`,
    {
      param: source.type === 'chat' ? 'messages' : 'prompt',
      hint: 'Shorten the prompt, or start the server with a larger --context.',
    },
  );
}

/** The engine knows that it is down, but not how busy we are. */
export function withRetryAfter(
  error: ChatstreamError,
  scheduler: { readonly retryAfterSeconds: () => number },
): ChatstreamError {
  return error.code === 'engine_unavailable' && error.retryAfterSeconds === undefined
    ? engineDownError(scheduler.retryAfterSeconds())
    : error;
}
