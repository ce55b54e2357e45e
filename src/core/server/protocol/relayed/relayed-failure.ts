import type { ChatstreamError } from '../../../base/errors.js';
import { isRecord, member, nonEmpty } from '../../../base/json.js';
import { upstreamFailedError } from '../../../base/refusals/upstream-refusals.js';
import { reportedErrorIn } from '../../../executor/upstream/exchange/reported-error.js';
import { sseData, sseEvent } from '../answer-encoder.js';
import { errorBody } from '../http-errors.js';
import { isMessagesPath, messagesErrorBody } from '../messages/messages-errors.js';

/** Its streams have events with numbers. */
export const responsesPath = '/v1/responses';

/**
 * The events that end a stream which this server only passes on, in the shape of the protocol to which the path
 * belongs. The earlier contents of the stream are unknown.
 *
 * @param sequenceNumber the number of the event, where events have numbers
 */
export function relayedFailure(
  error: ChatstreamError,
  path: string,
  requestId: string,
  sequenceNumber: number,
): string {
  if (isMessagesPath(path)) return sseEvent('error', messagesErrorBody(error, requestId));
  return openAiFailure(errorBody(error), path, sequenceNumber);
}

/**
 * The events that end a stream after nothing but comments, with the error that an upstream has answered instead, in the
 * shape of the path's protocol. A body without an error becomes an `upstream_failed`.
 *
 * @param body what the upstream has sent, in any encoding
 */
export function relayedRefusal(body: Buffer, path: string, requestId: string, sequenceNumber: number): string {
  const refusal = refusalIn(body);
  if (refusal === null) return relayedFailure(upstreamFailedError(0), path, requestId, sequenceNumber);
  if (!isMessagesPath(path)) return openAiFailure(refusal, path, sequenceNumber);
  if (member(refusal, 'type') === 'error') return sseEvent('error', refusal);
  const type = nonEmpty(member(refusal.error, 'type')) ?? 'api_error';
  return sseEvent('error', { error: { type, message: member(refusal.error, 'message') } });
}

function openAiFailure(body: { readonly error: object }, path: string, sequenceNumber: number): string {
  // As OpenAI's API reports an error in a stream of a response.
  if (path === responsesPath) {
    const event = { param: null, code: null, ...body.error, type: 'error', sequence_number: sequenceNumber };
    return sseEvent('error', event);
  }
  return `${sseData(JSON.stringify(body))}data: [DONE]\n\n`;
}

interface Refusal {
  /** It has a message. */
  readonly error: object;
}

/** What a body with an error says, as servers of all kinds write it; null for a body without an error. */
function refusalIn(body: Buffer): Refusal | null {
  const refusal = reportedErrorIn(jsonIn(body))?.body;
  const error = member(refusal, 'error');
  return isRecord(error) && typeof member(error, 'message') === 'string' ? { ...refusal, error } : null;
}

/** Some of Google's errors come as a list of one. */
function jsonIn(body: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(body.toString());
    return Array.isArray(value) ? value[0] : value;
  } catch {
    return undefined;
  }
}
