import { ChatstreamError } from '../errors.js';

/** The errors with which the queue refuses requests or turns them away, sorted by code. */

// deadline

/** For a request that would start too late to be of use. */
export function deadlineError(retryAfterSeconds: number): ChatstreamError {
  return new ChatstreamError('deadline', 'The answer would not begin before the deadline of the request.', {
    hint: `Allow more time, or try again in ${retryAfterSeconds} s.`,
    retryAfterSeconds,
  });
}

// draining

/** For a request that arrives during the drain. */
export function drainingError(retryAfterSeconds: number): ChatstreamError {
  return new ChatstreamError('draining', 'The server is shutting down and accepts no new requests.', {
    hint: 'Try again in a moment, or on another server.',
    retryAfterSeconds,
  });
}

/** For a request that waited, or whose prompt was being prepared, when the drain began. */
export function notStartedError(retryAfterSeconds: number): ChatstreamError {
  return new ChatstreamError('draining', 'The server is shutting down: the request was waiting and was not started.', {
    hint: 'Send it again in a moment, or to another server.',
    retryAfterSeconds,
  });
}

/** For an answer that was still being generated when the time for the drain was up. */
export function cutOffError(retryAfterSeconds: number): ChatstreamError {
  return new ChatstreamError('draining', 'The server shut down before the answer was complete.', {
    hint: 'Send the request again in a moment, or to another server.',
    retryAfterSeconds,
  });
}

// invalid_request

/** For a load test that is requested while another one runs. */
export function loadTestRunsError(): ChatstreamError {
  return new ChatstreamError('invalid_request', 'A load test is running already.', {
    hint: 'Wait until it has ended, or stop it with DELETE /v1/load-test.',
  });
}

// queue_full

/** For a new request when there is neither a free slot nor a free place in the queue. */
export function queueFullError(
  queue: {
    readonly running: number;
    readonly waiting: number;
    /** How many requests hold a place already while their prompts are tokenised or their model is loaded. */
    readonly pending: number;
    /** The number of places that the request needs at once, 1 if left out. */
    readonly places?: number;
    readonly maxConcurrency: number;
    readonly maxQueue: number;
  },
  retryAfterSeconds: number,
): ChatstreamError {
  const { running, waiting, pending, places: needed = 1, maxConcurrency, maxQueue } = queue;
  const places = maxQueue === 0 ? 'no request may wait' : `${waiting} of ${maxQueue} places to wait are taken`;
  const arriving = pending === 0 ? '' : `, and ${pending} more came before this one`;
  const together = needed === 1 ? '' : `, and this request needs ${needed}`;
  return new ChatstreamError(
    'queue_full',
    `The queue is full: ${running} of ${maxConcurrency} generations run and ${places}${arriving}${together}.`,
    { hint: `Try again in ${retryAfterSeconds} s.`, retryAfterSeconds },
  );
}

/**
 * For a full queue in which nothing starts for a while, so that trying again earlier is of no use.
 *
 * @param seconds until something can start, a whole number
 */
export function queueFullFor(error: ChatstreamError, seconds: number): ChatstreamError {
  const { retryAfterSeconds = 0, message } = error;
  if (error.code !== 'queue_full' || retryAfterSeconds >= seconds) return error;
  return new ChatstreamError('queue_full', message, { hint: `Try again in ${seconds} s.`, retryAfterSeconds: seconds });
}

/** For a request whose prompt would exceed the limit on waiting tokens. */
export function queuedTokensError(
  queuedTokens: number,
  promptTokens: number,
  most: number,
  retryAfterSeconds: number,
): ChatstreamError {
  return new ChatstreamError(
    'queue_full',
    `The queue is full: ${queuedTokens} of ${most} prompt tokens wait, and this request has ${promptTokens}.`,
    { hint: `Try again in ${retryAfterSeconds} s.`, retryAfterSeconds },
  );
}

// ttft_target

/** The longest time after which a client is told to try again, in seconds. */
const longestRetrySeconds = 60;

/**
 * For a request whose first token would come later than the server's target, in milliseconds.
 *
 * @param expected how long the request has waited, 0 for one that has just arrived, and how long it would still take;
 *   null if unknown
 */
export function ttftTargetError(
  { waitedMs, leftMs }: { readonly waitedMs: number; readonly leftMs: number | null },
  targetMs: number,
): ChatstreamError {
  const lateSeconds = Math.ceil((waitedMs + (leftMs ?? 0) - targetMs) / 1000);
  const retryAfterSeconds = Math.min(longestRetrySeconds, Math.max(1, lateSeconds));
  const soFar = waitedMs > 0 ? `The request has waited ${inSeconds(waitedMs)} s. Its` : 'The';
  const left = leftMs === null ? 'later' : `in about ${inSeconds(leftMs)} s`;
  return new ChatstreamError(
    'ttft_target',
    `${soFar} first token would come ${left}, and the server's target is ${inSeconds(targetMs)} s.`,
    { hint: `Try again in ${retryAfterSeconds} s.`, retryAfterSeconds },
  );
}

function inSeconds(ms: number): string {
  return String(Number((ms / 1000).toPrecision(3)));
}

// queue_timeout

/** For a request that has waited too long, in the queue or for the engine. */
export function queueTimeoutError(queueTimeoutMs: number, retryAfterSeconds: number): ChatstreamError {
  return new ChatstreamError(
    'queue_timeout',
    `The request waited ${queueTimeoutMs / 1000} s, longer than the queue allows.`,
    { hint: `Try again in ${retryAfterSeconds} s.`, retryAfterSeconds },
  );
}

// limits_held

/** For a client that would hold max-concurrency while another one does. @param leftSeconds for how long that one may do so unless it goes on */
export function limitsHeldError(leftSeconds: number): ChatstreamError {
  return new ChatstreamError('limits_held', 'Another bench is changing max-concurrency at the moment.', {
    hint: `Wait until it has ended. If it was killed, its hold ends in ${leftSeconds} s.`,
  });
}
