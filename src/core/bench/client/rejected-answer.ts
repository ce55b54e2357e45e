import type { IncomingHttpHeaders } from 'node:http';
import { contentEncodingOf, isDecodable } from './content-decoder.js';
import type { OutcomeWithoutTimes } from './outcome.js';
import { errorInBody, oneLine } from './protocol/server-error.js';

/** The part of a body that is searched for a message; error bodies are far shorter. */
const mostBytes = 8 * 1024;

/** Anthropic's status of a server that is too busy. */
const overloaded = 529;

/** An answer that is not an event stream: an error, or something that was not requested. */
export class RejectedAnswer {
  readonly #status: number;
  readonly #contentType: string;
  readonly #location: string;
  /** A compression that cannot be decoded here; null if there is none. */
  readonly #unknownEncoding: string | null;
  readonly #pieces: Buffer[] = [];
  #length = 0;

  constructor(status: number, headers: IncomingHttpHeaders) {
    this.#status = status;
    this.#contentType = headers['content-type'] ?? 'an unnamed content type';
    const encoding = contentEncodingOf(headers);
    this.#unknownEncoding = encoding === null || isDecodable(encoding) ? null : encoding;
    // Without a query, which may repeat a key.
    this.#location = (headers.location ?? '').replace(/\?.*$/, '');
  }

  feed(bytes: Buffer): void {
    if (this.isHopeless) return;
    // A copy: these bytes are a view of a larger buffer, which would be kept whole.
    this.#pieces.push(Buffer.from(bytes.subarray(0, mostBytes - this.#length)));
    this.#length += bytes.length;
  }

  readonly tokenChunks = 0;
  readonly upstream = null;
  readonly executor = null;

  /** The status decides, with or without a message. */
  get isDecided(): boolean {
    return this.#status >= 300;
  }

  /** The body is longer than any message. */
  get isHopeless(): boolean {
    return this.#length >= mostBytes;
  }

  outcome(): OutcomeWithoutTimes {
    const body = Buffer.concat(this.#pieces).toString('utf8');
    const status = this.#status;
    const error = errorInBody(parsedOrNull(body));
    if (status < 300 && error === null) {
      return { status: 'failed', ...this.#notStreaming(body) };
    }
    return {
      status: status === 429 || status === 503 || status === overloaded ? 'refused' : 'failed',
      code: error?.code ?? (status < 300 ? 'not_streaming' : `http_${status}`),
      message: error?.message ?? this.#withoutWords(body),
      ...(status < 300 ? {} : { httpStatus: status }),
    };
  }

  #notStreaming(body: string): { readonly code: string; readonly message: string } {
    if (this.#unknownEncoding !== null) {
      const message = `The answer's content-encoding, ${this.#unknownEncoding}, is not understood. Ask for none with --header "accept-encoding: identity", or switch the compression off.`;
      return { code: 'unknown_encoding', message };
    }
    const isJson = /^\s*\{/.test(body) && !/ndjson|jsonl/i.test(this.#contentType);
    const what = isJson ? 'one JSON body' : this.#contentType;
    const why = isJson ? '' : ', or the URL is not that of an OpenAI-compatible API';
    const message = `The server answered with ${what} instead of an event stream: it ignores "stream": true${why}.${isJson ? ' --no-stream measures such answers.' : ''}`;
    return { code: 'not_streaming', message };
  }

  #withoutWords(body: string): string {
    if (this.#unknownEncoding !== null) {
      return `The server answered with status ${this.#status}, in a content-encoding that is not understood (${this.#unknownEncoding}).`;
    }
    const words = oneLine(body);
    if (this.#location !== '') return `The server redirects to ${this.#location}: use that URL.`;
    return words === '' ? `The server answered with status ${this.#status} and no message.` : words;
  }
}

function parsedOrNull(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
