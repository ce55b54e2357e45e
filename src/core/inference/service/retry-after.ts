import type { ChatstreamError } from '../../base/errors.js';
import { engineDownError } from '../../base/refusals/refusals.js';

/** Adds the retry time to an error of the engine, which knows that it is down, but not how busy the queue is. */
export function withRetryAfter(
  error: ChatstreamError,
  scheduler: { readonly retryAfterSeconds: () => number },
): ChatstreamError {
  return error.code === 'engine_unavailable' && error.retryAfterSeconds === undefined
    ? engineDownError({ retryAfterSeconds: scheduler.retryAfterSeconds() })
    : error;
}
