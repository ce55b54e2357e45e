import { ChatstreamError } from '../errors.js';

/** The errors about several models of one server, sorted by code. */

// model_loading_failed

/** A model could not be loaded. The reason is only for the operator's log, because the message may name files. */
export function modelLoadingFailedError(model: string, retryAfterSeconds: number): ChatstreamError {
  return new ChatstreamError('model_loading_failed', `The model "${model}" could not be loaded.`, {
    hint: 'Try again later, or ask for another model; the server log says why.',
    retryAfterSeconds,
  });
}

// model_not_found

/** @param known the names of all models that are served */
export function noSuchModelError(wanted: string, known: readonly string[]): ChatstreamError {
  return new ChatstreamError('model_not_found', `The model "${wanted}" is not served here.`, {
    param: 'model',
    hint: `Ask for ${known.map((name) => `"${name}"`).join(' or ')}, or leave the model out.`,
  });
}

// invalid_request

/** For a change of one model's queue on a server that has one queue for everything. */
export function oneQueueError(): ChatstreamError {
  return new ChatstreamError('invalid_request', 'This server has no queue for each model.', {
    param: 'model',
    hint: 'Leave "model" out.',
  });
}
