import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type Clock, systemClock } from '../base/clock.js';
import { ChatstreamError } from '../base/errors.js';
import { statusError, unreachable } from './download-errors.js';

/** Hugging Face, or a mirror of it, and the token to read it with. */
export interface HuggingFace {
  /** Ends with a slash. */
  readonly endpoint: string;
  readonly token: string | null;
}

export interface WebRequest {
  /** What is requested, in the operator's terms and without secrets. */
  readonly wanted: string;
  /** Set for files on Hugging Face. Its token is only sent if the request is refused without one. */
  readonly huggingFace: HuggingFace | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WebAnswer {
  readonly status: number;
  header(name: string): string | null;
  /** A header that the hub itself sent, before it redirected to another host. */
  hubHeader(name: string): string | null;
  /** Throws if nothing arrives for too long. Must be read once, or discarded. */
  readonly body: AsyncIterable<Uint8Array>;
  discard(): void;
}

export interface WebClientOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long a server may send nothing, in milliseconds. */
  readonly stallMs: number;
  readonly clock?: Clock | undefined;
}

/** Statuses with which Hugging Face answers requests without a token for models that are not public. */
const wantsToken = [401, 403, 404];

const mostRedirects = 10;

/**
 * Asks for files over HTTP. Redirects are followed here rather than by a library, because no password or token may go
 * to another origin than the one it is for: an authorization is dropped at the first redirect that leaves the origin,
 * and is not sent again.
 *
 * It is Node's own client rather than undici because undici 7 ends the process with an assertion that cannot be caught
 * when a server closes a connection while the disk is slower than the network (nodejs/undici#5360, fixed in version 8,
 * which needs Node.js 22).
 */
export class WebClient {
  readonly #signal: AbortSignal | undefined;
  readonly #stallMs: number;
  readonly #clock: Clock;
  /** One refusal is enough: all requests of a client are for one repository. */
  #tokenNeeded = false;

  constructor({ signal, stallMs, clock = systemClock }: WebClientOptions) {
    this.#signal = signal;
    this.#stallMs = stallMs;
    this.#clock = clock;
  }

  /**
   * @returns an answer with a status of 200 to 299
   * @throws ChatstreamError `model_unreadable` that says what to do; the signal's reason
   */
  async get(url: string, request: WebRequest): Promise<WebAnswer> {
    const answer = await this.ask(url, request).catch((error: unknown) => {
      if (error instanceof ChatstreamError) throw error;
      throw unreachable(new URL(url).host, error);
    });
    if (isSuccess(answer.status)) return answer;
    answer.discard();
    throw refusal(answer.status, url, request);
  }

  /**
   * @returns an answer with any status
   * @throws the error of Node if there is no answer; ChatstreamError for redirects that lead nowhere; the signal's
   *   reason
   */
  async ask(url: string, request: WebRequest): Promise<WebAnswer> {
    const { huggingFace } = request;
    const isThere = huggingFace !== null && new URL(huggingFace.endpoint).origin === new URL(url).origin;
    const token = isThere ? huggingFace.token : null;
    const first = this.#tokenNeeded && token !== null ? bearer(token) : passwordIn(url);
    const answer = await this.#follow(url, request, first);
    if (token === null || this.#tokenNeeded || !wantsToken.includes(answer.status)) return answer;
    answer.discard();
    this.#tokenNeeded = true;
    return this.#follow(url, request, bearer(token));
  }

  async #follow(url: string, request: WebRequest, authorization: string | null): Promise<WebAnswer> {
    const hub = request.huggingFace === null ? null : new URL(request.huggingFace.endpoint).origin;
    const hubHeaders = new Map<string, string>();
    let current = new URL(url);
    let allowed = authorization;
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#once(current, request, allowed, hubHeaders, current.origin === hub);
      const location = answer.header('location');
      if (![301, 302, 303, 307, 308].includes(answer.status) || location === null) return answer;
      answer.discard();
      const next = URL.canParse(location, current.href) ? new URL(location, current.href) : null;
      if (redirects >= mostRedirects || next === null || !/^https?:$/.test(next.protocol)) {
        throw new ChatstreamError('model_unreadable', `${current.host} redirects ${request.wanted} to nowhere.`, {
          hint: 'Try the address in a browser to see where it leads.',
        });
      }
      if (next.origin !== current.origin) allowed = null;
      current = next;
    }
  }

  async #once(
    url: URL,
    { headers }: WebRequest,
    authorization: string | null,
    hubHeaders: Map<string, string>,
    isHub: boolean,
  ): Promise<WebAnswer> {
    this.#signal?.throwIfAborted();
    const ending = new AbortController();
    const onAbort = (): void => {
      ending.abort(this.#signal?.reason);
    };
    this.#signal?.addEventListener('abort', onAbort, { once: true });
    const watch = (): (() => void) =>
      this.#clock.schedule(this.#stallMs, () => {
        ending.abort(new Error(`nothing arrived for ${Math.round(this.#stallMs / 1000)} s`));
      });
    const settled = (): void => {
      this.#signal?.removeEventListener('abort', onAbort);
    };
    const fullHeaders = {
      'user-agent': 'chatstream',
      accept: '*/*',
      // A connection that is kept may have been closed by the server when it is used next.
      connection: 'close',
      ...headers,
      ...(authorization !== null && { authorization }),
    };
    const unwatch = watch();
    const response = await head(url, fullHeaders, ending.signal)
      .catch((error: unknown) => {
        settled();
        throw error;
      })
      .finally(unwatch);
    const header = (name: string): string | null => {
      const value = response.headers[name];
      return (Array.isArray(value) ? value[0] : value) ?? null;
    };
    if (isHub) for (const name of Object.keys(response.headers)) hubHeaders.set(name, header(name) ?? '');
    return {
      status: response.statusCode ?? 0,
      header,
      hubHeader: (name) => hubHeaders.get(name) ?? null,
      body: watched(response, watch, ending.signal, settled),
      discard: () => {
        settled();
        response.destroy();
      },
    };
  }
}

function head(url: URL, headers: http.OutgoingHttpHeaders, signal: AbortSignal): Promise<IncomingMessage> {
  // Node would send a password in the URL on its own.
  const bare = new URL(url.href);
  bare.username = '';
  bare.password = '';
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).get(bare, { headers, signal }, (response) => {
      // Where it matters, reading throws as well.
      response.on('error', () => undefined);
      resolve(response);
    });
    request.on('error', (error) => {
      reject(reasonOf(signal) ?? error);
    });
  });
}

/** The watch only runs while waiting for the server: a slow disk does not mean that the server sends nothing. */
async function* watched(
  body: AsyncIterable<Uint8Array>,
  watch: () => () => void,
  signal: AbortSignal,
  settled: () => void,
): AsyncGenerator<Uint8Array> {
  let unwatch = watch();
  try {
    for await (const chunk of body) {
      unwatch();
      yield chunk;
      unwatch = watch();
    }
  } catch (error) {
    throw reasonOf(signal) ?? error;
  } finally {
    unwatch();
    settled();
  }
}

function reasonOf(signal: AbortSignal): Error | null {
  if (!signal.aborted) return null;
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}

/** @returns undefined for what is not JSON */
export async function jsonOf({ body }: WebAnswer): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  try {
    return JSON.parse(Buffer.concat(pieces).toString());
  } catch {
    return undefined;
  }
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** What a status that is not a success means for the user who wants the file. */
export function refusal(status: number, url: string, { wanted, huggingFace }: WebRequest): ChatstreamError {
  return statusError(status, new URL(url).host, wanted, accessHint(url, huggingFace));
}

function accessHint(url: string, huggingFace: HuggingFace | null): string {
  if (huggingFace === null) {
    return passwordIn(url) === null
      ? 'Give the URL with a name and a password (https://NAME:PASSWORD@HOST/…), or download the file yourself and give its path.'
      : 'Check the name and the password in the URL, or whether a signed URL has expired.';
  }
  return huggingFace.token === null
    ? 'Check its spelling. If it is private, or asks you to accept terms on its page, set HF_TOKEN to a token that may read it.'
    : 'Check its spelling, and whether the token in HF_TOKEN may read it: some models ask you to accept their terms on their page first.';
}

function bearer(token: string): string {
  return `Bearer ${token}`;
}

function passwordIn(url: string): string | null {
  const { username, password } = new URL(url);
  if (username === '' && password === '') return null;
  return `Basic ${Buffer.from(`${unescaped(username)}:${unescaped(password)}`).toString('base64')}`;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign stands for itself.
    return text;
  }
}
