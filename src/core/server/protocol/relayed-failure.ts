import type { ChatstreamError } from '../../base/errors.js';
import { sseData, sseEvent } from './answer-encoder.js';
import { errorBody } from './http-errors.js';
import { isMessagesPath, messagesErrorBody } from './messages-errors.js';

/** Its streams have events with numbers. */
export const responsesPath = '/v1/responses';

/**
 * The events that end a stream which this server only passes on, in the shape of the protocol to which the path belongs. What
 * was in the stream before is not known.
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
  const body = errorBody(error);
  // As OpenAI's API reports an error in a stream of a response.
  if (path === responsesPath)
    return sseEvent('error', { ...body.error, type: 'error', sequence_number: sequenceNumber });
  return `${sseData(JSON.stringify(body))}data: [DONE]\n\n`;
}
