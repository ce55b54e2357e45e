import { ChatstreamError } from '../errors.js';

/** No message names an address or repeats what an upstream said. The log does, for the operator. */

// upstream_failed

/** @param tokens of the answer that the client has already received */
export function upstreamFailedError(tokens: number): ChatstreamError {
  const known =
    tokens === 0
      ? 'It had sent nothing of the answer.'
      : `About ${tokens === 1 ? '1 token of the answer was' : `${tokens} tokens of the answer were`} sent before; it is not complete.`;
  return new ChatstreamError('upstream_failed', `The server that generates the answer failed. ${known}`, {
    hint: 'Send the request again; the log of this server says why.',
  });
}

// engine_unavailable

/**
 * No upstream has answered for a while, or ever.
 *
 * @param model null if this holds for any model
 */
export function noUpstreamError(model: string | null, retryAfterSeconds: number): ChatstreamError {
  const who = model === null ? 'None of the upstream servers' : `No server that has the model "${model}"`;
  return new ChatstreamError('engine_unavailable', `${who} answers at the moment.`, {
    hint: 'Try again later; the log of this server says why.',
    retryAfterSeconds,
  });
}

/**
 * The upstreams that have the model accept nothing new, because an operator drains them. @param model null for any
 * model
 */
export function drainedUpstreamsError(model: string | null, retryAfterSeconds: number): ChatstreamError {
  const who = model === null ? 'upstream servers' : `servers that have the model "${model}"`;
  return new ChatstreamError('engine_unavailable', `The ${who} are being drained and take no new requests.`, {
    hint: 'Try again later; the operator who drains them can let them take requests again.',
    retryAfterSeconds,
  });
}

// not_found

export function upstreamNotFoundError(name: string, known: readonly string[]): ChatstreamError {
  return new ChatstreamError('not_found', `There is no upstream "${name}" here.`, {
    hint: `There are ${known.map((each) => `"${each}"`).join(', ')}.`,
  });
}
