import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ChatstreamError } from '../../base/errors.js';
import { errorBody } from '../protocol/http-errors.js';

const statuses: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/**
 * Answers what is no HTTP request, or never became a whole one, and hangs up. There is no request yet that Fastify could
 * answer, so the bytes go to the socket as they are.
 */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const status = statuses[error.code ?? ''] ?? 400;
  const reason = STATUS_CODES[status] ?? '';
  const unreadable = new ChatstreamError('invalid_request', `The request could not be read: ${reason}.`);
  const body = JSON.stringify(errorBody(unreadable));
  const head = `HTTP/1.1 ${status} ${reason}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8`;
  if (socket.writable) socket.write(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  socket.destroy(error);
}
