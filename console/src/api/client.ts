import { createParser } from 'eventsource-parser';
import { type Decoder, object, optional, string } from './decode.js';
import { apiKey, askForKey, keysMatter } from './key.js';

/** The server answered, but not with what was asked for. */
export class ApiError extends Error {
  override name = 'ApiError';
  constructor(
    /** HTTP status. */
    readonly status: number,
    /** The server's own code, such as `queue_full`; `unknown` if it sent none. */
    readonly code: string,
    message: string,
    /** Seconds after which the server suggests to try again. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

export interface ServerEvent {
  /** `message` if the server named none, `comment` for a comment. */
  readonly event: string;
  readonly data: string;
}

interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether comments in a stream of events are wanted as well. */
  readonly comments?: boolean;
}

const errorBody = object({ error: object({ message: string, code: optional(string, 'unknown') }) });

/**
 * Calls the server from which the page came, with the key of this tab. Asks for a key when the server wants one, and
 * then tries again.
 * @param path - Relative to the page: `v1/queue`.
 * @returns An answer with a status of 200 to 299.
 * @throws {ApiError} The server refused.
 * @throws {TypeError} The server could not be reached.
 */
export async function call(
  path: string,
  { method = 'GET', body, signal, headers }: CallOptions = {},
): Promise<Response> {
  for (;;) {
    const key = apiKey.value;
    const response = await fetch(path, {
      method,
      signal: signal ?? null,
      cache: 'no-store',
      credentials: 'omit',
      headers: {
        ...headers,
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (response.ok) return response;
    if (response.status === 401 || response.status === 403) keysMatter.value = true;
    if (response.status === 401 && (await askForKey(key))) continue;
    throw await refusal(response);
  }
}

/**
 * Calls the server and reads the JSON of its answer.
 * @throws {DecodeError} The answer has another shape than `decode` expects.
 */
export async function callJson<Value>(path: string, decode: Decoder<Value>, options?: CallOptions): Promise<Value> {
  const response = await call(path, options);
  return decode(await response.json());
}

/**
 * Calls the server and reads its answer as server-sent events, as they come. `EventSource` could not send a key.
 * @param onActivity - Called for everything that arrives, also for comments that only keep the connection alive.
 */
export async function* callEvents(
  path: string,
  options?: CallOptions,
  onActivity?: () => void,
): AsyncGenerator<ServerEvent, void, undefined> {
  const headers = { ...options?.headers, accept: 'text/event-stream' };
  const response = await call(path, { ...options, headers });
  onActivity?.();
  if (response.body === null) return;
  const text = new TextDecoder();
  const arrived: ServerEvent[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => arrived.push({ event: event ?? 'message', data }),
    onComment: (data) => options?.comments === true && arrived.push({ event: 'comment', data }),
  });
  // Safari has no asynchronous iterator for streams.
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onActivity?.();
      parser.feed(text.decode(value, { stream: true }));
      yield* arrived.splice(0);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function refusal(response: Response): Promise<ApiError> {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfter = Number.isFinite(seconds) ? seconds : undefined;
  try {
    const { error } = errorBody(await response.json());
    return new ApiError(response.status, error.code, error.message, retryAfter);
  } catch {
    return new ApiError(response.status, 'unknown', `HTTP ${response.status} ${response.statusText}`, retryAfter);
  }
}
