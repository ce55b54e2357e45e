import type { ChatstreamError } from '../../base/errors.js';
import { sseData, sseEvent } from './answer-encoder.js';
import { errorBody } from './http-errors.js';
import { isMessagesPath, messagesErrorBody } from './messages-errors.js';

/**
 * The events that end a stream which this server only passes on, in the shape of the protocol to which the path belongs. What
 * was in the stream before is not known.
 */
export function relayedFailure(error: ChatstreamError, path: string, requestId: string): string {
  if (isMessagesPath(path)) return sseEvent('error', messagesErrorBody(error, requestId));
  const body = errorBody(error);
  // As OpenAI's API reports an error in a stream of a response.
  if (path === '/v1/responses') return sseEvent('error', { ...body.error, type: 'error' });
  return `${sseData(JSON.stringify(body))}data: [DONE]\n\n`;
}
