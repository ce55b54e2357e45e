import { Agent, errors, request } from 'undici';
import { ChatstreamError } from '../../base/errors.js';
import { formatDuration } from '../../base/units.js';
import { connectionFailure } from '../client/connection-failure.js';
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
   * @throws ChatstreamError `target_unreachable` if there is no answer at all
   */
  get(path: string, leaving?: AbortSignal): Promise<Answer>;
  /** @throws ChatstreamError `target_unreachable` if there is no answer at all */
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
      return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
    } catch (error) {
      throw unreachable(name, at, patienceMs, error);
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

function unreachable(name: string, at: string, patienceMs: number, error: unknown): ChatstreamError {
  const hint = 'Give --url the base of a server, such as http://127.0.0.1:8000.';
  const message = isTimeout(error)
    ? `${at} did not answer within ${formatDuration(patienceMs)}.`
    : connectionFailure(error, at).message.replaceAll(/\s+/g, ' ');
  return new ChatstreamError('target_unreachable', `${name} cannot be reached. ${message}`, { hint, cause: error });
}

function isTimeout(error: unknown): boolean {
  return error instanceof errors.ConnectTimeoutError || (error instanceof Error && error.name === 'TimeoutError');
}
