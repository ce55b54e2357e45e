import { errors, request } from 'undici';
import { ChatstreamError } from '../../base/errors.js';
import { formatDuration } from '../../base/units.js';
import { connectionFailure } from '../client/connection-failure.js';

/** A server that is not under load yet answers soon or not at all. */
const defaultPatienceMs = 10_000;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A small client for everything but the load: identifying the server, and changing its settings. */
export interface Http {
  /** @throws ChatstreamError `target_unreachable` if there is no answer at all */
  get(path: string): Promise<Answer>;
  /** @throws ChatstreamError `target_unreachable` if there is no answer at all */
  send(method: 'POST' | 'PATCH', path: string, body: object): Promise<Answer>;
}

/**
 * @param baseUrl without a slash at its end
 * @param query sent with every request, with its question mark. Errors do not show it, as it may hold a key
 * @param patienceMs longest time for one answer
 */
export function httpOf(
  baseUrl: string,
  headers: Readonly<Record<string, string>>,
  { query = '', patienceMs = defaultPatienceMs }: { readonly query?: string; readonly patienceMs?: number } = {},
): Http {
  const ask = async (method: 'GET' | 'POST' | 'PATCH', path: string, body?: object): Promise<Answer> => {
    try {
      const response = await request(baseUrl + path + query, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(patienceMs),
        // The server may have closed a connection that was kept since the last question.
        reset: true,
      });
      return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
    } catch (error) {
      throw unreachable(baseUrl, patienceMs, error);
    }
  };
  return { get: (path) => ask('GET', path), send: ask };
}

/** The answer as JSON; undefined if it is something else. */
export function jsonOf({ text }: Answer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(url: string, patienceMs: number, error: unknown): ChatstreamError {
  const { host } = new URL(url);
  const hint = 'Give --url the base of a server, such as http://127.0.0.1:8000.';
  const message = isTimeout(error)
    ? `${host} did not answer within ${formatDuration(patienceMs)}.`
    : connectionFailure(error, host).message.replaceAll(/\s+/g, ' ');
  return new ChatstreamError('target_unreachable', `${url} cannot be reached. ${message}`, { hint, cause: error });
}

function isTimeout(error: unknown): boolean {
  return error instanceof errors.ConnectTimeoutError || (error instanceof Error && error.name === 'TimeoutError');
}
