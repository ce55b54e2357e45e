import { ChatstreamError } from '../base/errors.js';

/** What a newcomer is told for whom there is neither a slot nor a place to wait. */
export function queueFullError(
  queue: {
    readonly running: number;
    readonly waiting: number;
    readonly maxConcurrency: number;
    readonly maxQueue: number;
  },
  retryAfterSeconds: number,
): ChatstreamError {
  const { running, waiting, maxConcurrency, maxQueue } = queue;
  const places = maxQueue === 0 ? 'nobody may wait' : `${waiting} of ${maxQueue} places to wait are taken`;
  return new ChatstreamError(
    'queue_full',
    `The queue is full: ${running} of ${maxConcurrency} generations run and ${places}.`,
    {
      hint: `Try again in ${retryAfterSeconds} s.`,
      retryAfterSeconds,
    },
  );
}

/** What newcomers and those who wait are told when the server shuts down. */
export function drainingError(retryAfterSeconds: number): ChatstreamError {
  return new ChatstreamError('draining', 'The server is shutting down and takes no new requests.', {
    hint: 'Try again in a moment, or on another server.',
    retryAfterSeconds,
  });
}

/** What a request is told that has waited for too long, in the queue or for the engine. */
export function queueTimeoutError(queueTimeoutMs: number, retryAfterSeconds: number): ChatstreamError {
  return new ChatstreamError(
    'queue_timeout',
    `The request waited ${queueTimeoutMs / 1000} s, longer than the queue allows.`,
    {
      hint: `Try again in ${retryAfterSeconds} s.`,
      retryAfterSeconds,
    },
  );
}
