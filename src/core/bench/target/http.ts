import { request } from 'undici';
import { ChatstreamError, messageOf } from '../../base/errors.js';

/** Questions beside the load are answered soon or not at all. */
const defaultPatienceMs = 10_000;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A small client for everything but the load: what is the server, how is it set. */
export interface Http {
  /** @throws ChatstreamError `target_unreachable` if there is no answer at all */
  get(path: string): Promise<Answer>;
  /** @throws ChatstreamError `target_unreachable` if there is no answer at all */
  send(method: 'POST' | 'PATCH', path: string, body: object): Promise<Answer>;
}

/**
 * @param baseUrl without a slash at its end
 * @param patienceMs longest time for one answer
 */
export function httpOf(
  baseUrl: string,
  headers: Readonly<Record<string, string>>,
  patienceMs = defaultPatienceMs,
): Http {
  const ask = async (method: 'GET' | 'POST' | 'PATCH', path: string, body?: object): Promise<Answer> => {
    try {
      const response = await request(baseUrl + path, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(patienceMs),
      });
      return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
    } catch (error) {
      throw unreachable(baseUrl, patienceMs, error);
    }
  };
  return { get: (path) => ask('GET', path), send: ask };
}

/** The answer's JSON; undefined if it is none. */
export function jsonOf({ text }: Answer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(url: string, patienceMs: number, error: unknown): ChatstreamError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reasons: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'nothing listens there',
    ENOTFOUND: 'there is no such host',
    EAI_AGAIN: 'the name of the host cannot be looked up',
    ECONNRESET: 'it closes the connection',
    UND_ERR_SOCKET: 'it closes the connection',
    UND_ERR_CONNECT_TIMEOUT: 'it cannot be connected to in time',
    EHOSTUNREACH: 'there is no way to that host',
    EPROTO: 'it does not speak TLS',
    ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  };
  // Node's parser has a code for each way in which something is not HTTP.
  const notHttp = code.startsWith('HPE_') ? 'what answers there does not speak HTTP' : undefined;
  const timedOut = error instanceof Error && error.name === 'TimeoutError';
  const reason = timedOut
    ? `it does not answer within ${patienceMs / 1000} s`
    : (reasons[code] ?? notHttp ?? messageOf(error));
  return new ChatstreamError('target_unreachable', `The target ${url} cannot be reached: ${reason}.`, {
    hint: 'Is the server running, and is --url its base, such as http://127.0.0.1:8000?',
    cause: error,
  });
}
