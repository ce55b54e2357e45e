import type { IncomingHttpHeaders } from 'node:http';
import { Agent, errors, request } from 'undici';
import { ChatstreamError } from '../../base/errors.js';
import { formatDuration } from '../../base/units.js';
import { connectionFailure, isClosedByServer } from '../client/connection-failure.js';
import { ContentDecoder, contentEncodingOf, isDecodable } from '../client/content-decoder.js';
import { tlsOptionsOf, type Transport, usualTransport } from '../client/transport.js';

/** A server that is not under load yet answers quickly or not at all. */
export const defaultPatienceMs = 10_000;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A small client for everything except the load: identifying the server, and changing its settings. */
export interface Http {
  /**
   * @param leaving aborted when the answer is no longer wanted
   * @throws ChatstreamError `target_unreachable` if there is no answer, or none that can be read
   */
  get(path: string, leaving?: AbortSignal): Promise<Answer>;
  /** @throws ChatstreamError as {@link get} */
  send(method: 'POST' | 'PATCH', path: string, body: object): Promise<Answer>;
}

export interface HttpOptions {
  /** Sent with every request, with its question mark. Errors do not show it, because it may contain a key. */
  readonly query?: string;
  /** Longest time for one answer. */
  readonly patienceMs?: number;
  readonly transport?: Transport;
  /** What errors call the server, if not by its URL. */
  readonly name?: string;
}

/** @param httpUrl without a slash at its end */
export function httpOf(
  httpUrl: string,
  headers: Readonly<Record<string, string>>,
  { query = '', patienceMs = defaultPatienceMs, transport = usualTransport, name = httpUrl }: HttpOptions = {},
): Http {
  const { socketPath, trust } = transport;
  const dispatcher = new Agent({ connect: { ...tlsOptionsOf(trust), socketPath } });
  const at = socketPath ?? new URL(httpUrl).host;
  const ask = async (
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body?: object,
    leaving?: AbortSignal,
  ): Promise<Answer> => {
    const patience = AbortSignal.timeout(patienceMs);
    let hasAnswered = false;
    try {
      const response = await request(httpUrl + path + query, {
        dispatcher,
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
        signal: leaving === undefined ? patience : AbortSignal.any([patience, leaving]),
        // The server may have closed a connection that was kept since the last request.
        reset: true,
      });
      hasAnswered = true;
      const bytes = Buffer.from(await response.body.arrayBuffer());
      return { status: response.statusCode, headers: response.headers, text: await textOf(bytes, response.headers) };
    } catch (error) {
      if (isTimeout(error))
        throw unreachable(name, `${at} did not answer within ${formatDuration(patienceMs)}.`, error);
      const reason = connectionFailure(error, at).message.replaceAll(/\s+/g, ' ');
      throw hasAnswered ? unreadable(name, path, reason, error) : unreachable(name, reason, error);
    }
  };
  return { get: (path, leaving) => ask('GET', path, undefined, leaving), send: ask };
}

/** The answer as JSON; undefined if it is something else. */
export function jsonOf({ text }: Pick<Answer, 'text'>): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Some servers compress whatever they send, and a `--header "accept-encoding: gzip"` asks for it. */
async function textOf(bytes: Buffer, headers: IncomingHttpHeaders): Promise<string> {
  const encoding = contentEncodingOf(headers);
  if (encoding === null || !isDecodable(encoding)) return bytes.toString('utf8');
  const pieces: Buffer[] = [];
  const decoder = new ContentDecoder(
    encoding,
    (piece) => pieces.push(piece),
    () => undefined, // `end` rejects with it, too
  );
  if (bytes.length > 0) decoder.feed(bytes, 0);
  await decoder.end();
  return Buffer.concat(pieces).toString('utf8');
}

function unreachable(name: string, reason: string, error: unknown): ChatstreamError {
  const base = 'Give --url the base of a server, such as http://127.0.0.1:8000.';
  // As servers that expect TLS do.
  const hint = name.startsWith('http:') && isClosedByServer(error) ? `Does it expect https in the URL? ${base}` : base;
  return new ChatstreamError('target_unreachable', `${name} cannot be reached. ${reason}`, { hint, cause: error });
}

function unreadable(name: string, path: string, reason: string, error: unknown): ChatstreamError {
  return new ChatstreamError(
    'target_unreachable',
    `${name} answers ${path} with something that cannot be read. ${reason}`,
    { hint: 'See the log of the server, and of any proxy in front of it.', cause: error },
  );
}

function isTimeout(error: unknown): boolean {
  return error instanceof errors.ConnectTimeoutError || (error instanceof Error && error.name === 'TimeoutError');
}
