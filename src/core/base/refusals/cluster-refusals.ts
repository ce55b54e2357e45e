import { ChatstreamError } from '../errors.js';

/** When to try again: another line holder is elected within this many seconds. */
const retryAfterSeconds = 5;

// cluster_unavailable

/** The broker, or the process that holds the line, is not answering. */
export function clusterAwayError(): ChatstreamError {
  return new ChatstreamError('cluster_unavailable', 'The cluster cannot be reached at the moment.', {
    hint: 'Try again in a few seconds; running generations continue where they can.',
    retryAfterSeconds,
  });
}

/**
 * NATS has not stored new limits in time, or has not confirmed it. The front keeps trying.
 *
 * @param withinMs how long the front waited
 */
export function limitsNotKeptError(withinMs: number): ChatstreamError {
  return new ChatstreamError(
    'cluster_unavailable',
    `The new limits could not be written to NATS within ${withinMs / 1000} s, and may not apply to the cluster yet.`,
    {
      hint: 'This server keeps trying until it ends. Send the change again to be sure.',
      retryAfterSeconds,
    },
  );
}

/** No node has the model, or none has answered yet. */
export function noNodeError(model: string | null): ChatstreamError {
  const what = model === null ? 'a model' : `the model "${model}"`;
  return new ChatstreamError('cluster_unavailable', `No node of the cluster has ${what} at the moment.`, {
    hint: 'Try again later, or start one with: chatstream node.',
    retryAfterSeconds,
  });
}

/**
 * An answer has lost its node, and found no other.
 *
 * @param withinMs how long it has waited
 */
export function notContinuedError(withinMs: number): ChatstreamError {
  return new ChatstreamError(
    'cluster_unavailable',
    `The node that was writing this answer is lost, and no other could continue it within ${withinMs / 1000} s.`,
    { hint: 'Try again later, or start another node with: chatstream node.', retryAfterSeconds },
  );
}

// engine_failed

/** @param deaths of nodes while they had the request */
export function nodesDiedError(deaths: number): ChatstreamError {
  return new ChatstreamError(
    'engine_failed',
    `${deaths} nodes of the cluster have died while they worked on this request.`,
    {
      hint: 'The logs of the nodes say why. Do not send this request again unchanged.',
    },
  );
}
