import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ChatstreamError, type ErrorCode } from '../../base/errors.js';
import { isOllamaPath } from '../../base/refusals/ollama-paths.js';
import {
  bodyTooLargeError,
  internalError,
  methodNotAllowedError,
  notFoundError,
  notJsonError,
  websocketError,
} from '../../base/refusals/refusals.js';
import { errorBody, httpStatus } from '../protocol/http-errors.js';
import {
  isFromAnthropicClient,
  isMessagesPath,
  isModelsPath,
  messagesErrorBody,
} from '../protocol/messages/messages-errors.js';
import { ollamaErrorBody } from '../protocol/ollama-errors.js';
import { pathOf, type RoutePaths } from './route-paths.js';
import { invalidValueError } from './validation/invalid-values.js';

/** The rest of such a request is not awaited. */
const closesConnection: ReadonlySet<ErrorCode> = new Set(['body_timeout', 'too_many_connections']);

/** After OpenAI's and Anthropic's clients have waited this long for an answer, they give up. */
const patienceSeconds = 600;

/**
 * Answers with an error in the shape of the protocol to which the path belongs: OpenAI's, Anthropic's or Ollama's.
 *
 * @param path without a query; that of the request by default
 */
export function sendError(error: ChatstreamError, reply: FastifyReply, path = pathOf(reply.request.url)): void {
  if (reply.sent) return;
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(error.retryAfterSeconds));
  if (isFinal(error)) reply.header('x-should-retry', 'false');
  if (closesConnection.has(error.code)) reply.header('connection', 'close');
  // Fastify closes the connection of a body that is too long. If it is still arriving then, the client would get a reset
  // instead of this answer. Node reads the rest and drops it, for as long as BodyWatch allows.
  else if (error.code === 'body_too_large') reply.removeHeader('connection');
  if (error.code === 'invalid_api_key') reply.header('www-authenticate', 'Bearer');
  void reply.code(httpStatus(error.code)).send(bodyFor(error, reply, path));
}

/** Whether clients should report the error at once: some wait for hours, or try a wrong key again and again. */
function isFinal({ code, retryAfterSeconds = 0 }: ChatstreamError): boolean {
  return code === 'invalid_api_key' || retryAfterSeconds > patienceSeconds;
}

function bodyFor(error: ChatstreamError, { request }: FastifyReply, path: string): object {
  const isForAnthropic = isMessagesPath(path) || (isModelsPath(path) && isFromAnthropicClient(request.headers));
  if (isForAnthropic) return messagesErrorBody(error, request.id);
  return isOllamaPath(path) ? ollamaErrorBody(error) : errorBody(error);
}

/**
 * Converts Fastify's own errors (validation, body parsing) and anything else that was thrown. The message of an
 * unexpected error stays in the log: it may say more about the server than clients should know.
 */
export function toChatstreamError(error: unknown, request: FastifyRequest): ChatstreamError {
  if (error instanceof ChatstreamError) return error.code === 'internal' ? internalError(error.cause ?? error) : error;
  if (!isFastifyError(error)) return internalError(error);
  if (error.validation !== undefined) return invalidValueError(error, request);
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return bodyTooLargeError(request.routeOptions.bodyLimit);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return notJsonError();
    case 'FST_ERR_BAD_URL':
      // Fastify's own message repeats the URL with its query.
      return unreadableError('its URL is not valid');
    default:
      break;
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return unreadableError(error.message, 'Send one JSON object.');
  }
  return internalError(error);
}

/** Whether a client wants to continue with WebSockets, of which there are none. */
export function asksForWebSocket({ upgrade }: IncomingHttpHeaders): boolean {
  return upgrade?.toLowerCase() === 'websocket';
}

/** Answers a request for which there is no route: because of its path, or only because of its method. */
export function sendNotFound(
  { method, url, originalUrl, headers }: FastifyRequest,
  reply: FastifyReply,
  paths: RoutePaths,
): void {
  const path = pathOf(originalUrl);
  const allowed = paths.methods(pathOf(url));
  if (allowed.length === 0) {
    const meant = paths.within(path, method);
    sendError(notFoundError(method, path, meant), reply, meant?.path ?? path);
    return;
  }
  if (asksForWebSocket(headers) && allowed.includes('POST')) {
    reply.headers({ upgrade: 'HTTP/1.1', connection: 'upgrade' });
    sendError(websocketError(path), reply);
    return;
  }
  reply.header('allow', allowed.join(', '));
  const { origin } = headers;
  const isPreflight = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
  const asksForPage = isPreflight && origin !== undefined;
  sendError(asksForPage ? pageNotAllowedError(origin) : methodNotAllowedError(method, path, allowed), reply);
}

const unreadableStatuses: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/**
 * Answers bytes that are not an HTTP request, or never became a complete one, and closes the connection. Fastify has no
 * request yet that it could answer, so the answer is written to the socket directly.
 */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const status = unreadableStatuses[error.code ?? ''] ?? 400;
  writeRaw(socket, status, unreadableError(STATUS_CODES[status] ?? ''));
  socket.destroy(error);
}

/** Answers a connection before it has sent a request, and closes it. */
export function refuseConnection(error: ChatstreamError, socket: Socket): void {
  // Without this, the error of a client that has already left would be unhandled.
  socket.on('error', () => undefined);
  writeRaw(socket, httpStatus(error.code), error);
  socket.destroySoon();
}

function writeRaw(socket: Socket, status: number, error: ChatstreamError): void {
  if (!socket.writable) return;
  const body = JSON.stringify(errorBody(error));
  const retryAfter = error.retryAfterSeconds === undefined ? '' : `retry-after: ${error.retryAfterSeconds}\r\n`;
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\n${retryAfter}`;
  const type = 'content-type: application/json; charset=utf-8';
  socket.write(`${head}${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** To a browser that asks whether a page may send requests, where no page may. */
function pageNotAllowedError(origin: string): ChatstreamError {
  return new ChatstreamError('method_not_allowed', `Pages of ${origin} may not send requests here.`, {
    hint: `Start the server with --cors-origin ${origin}, or with --cors-origin '*' for all pages.`,
  });
}

function unreadableError(reason: string, hint?: string): ChatstreamError {
  const message = `The request could not be read: ${reason}.`;
  return new ChatstreamError('invalid_request', message, hint === undefined ? {} : { hint });
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
