import type { IncomingHttpHeaders } from 'node:http';
import { contentEncodingOf, isDecodable } from './content-decoder.js';
import { MeasuredStream } from './measured-stream.js';
import type { OutcomeWithoutTimes } from './outcome.js';
import { RejectedAnswer } from './rejected-answer.js';

/** An answer while it arrives. */
export interface Answer {
  /**
   * @param bytes decompressed
   * @param arrivalUs when they arrived
   * @throws EventTooLongError
   */
  feed(bytes: Buffer, arrivalUs: number): void;
  /** Whether the request has failed, whatever arrives from now on. */
  readonly isHopeless: boolean;
  /** What happens to the connection afterwards does not matter. */
  readonly isDecided: boolean;
  readonly tokenChunks: number;
  /** Call it when the answer has ended, or is decided. */
  outcome(): OutcomeWithoutTimes;
}

/**
 * What becomes of an answer that begins like this.
 *
 * @param keepsText whether the outcome has the text of the answer
 */
export function answerTo(status: number, headers: IncomingHttpHeaders, keepsText = false): Answer {
  const encoding = contentEncodingOf(headers);
  if (status >= 300 || (encoding !== null && !isDecodable(encoding))) return new RejectedAnswer(status, headers);
  const isLabelled = /^text\/event-stream\b/i.test(headers['content-type'] ?? '');
  return isLabelled ? new MeasuredStream(keepsText) : new UnlabelledAnswer(status, headers, keepsText);
}

/** How the lines of an event stream begin. */
const fields = ['data:', 'event:', 'id:', 'retry:', ':'];

/** An answer with another content type, or without one. Some servers send event streams so; its first bytes show it. */
class UnlabelledAnswer implements Answer {
  readonly #status: number;
  readonly #headers: IncomingHttpHeaders;
  readonly #keepsText: boolean;
  #beginning: Buffer = Buffer.alloc(0);
  #known: Answer | null = null;

  constructor(status: number, headers: IncomingHttpHeaders, keepsText: boolean) {
    this.#status = status;
    this.#headers = headers;
    this.#keepsText = keepsText;
  }

  feed(bytes: Buffer, arrivalUs: number): void {
    if (this.#known !== null) {
      this.#known.feed(bytes, arrivalUs);
      return;
    }
    this.#beginning = Buffer.concat([this.#beginning, bytes]);
    // No event ends within so few bytes, so the time of the last ones is that of the first event.
    const isStream = beginsAsStream(this.#beginning);
    if (isStream === null) return;
    this.#known = isStream ? new MeasuredStream(this.#keepsText) : new RejectedAnswer(this.#status, this.#headers);
    this.#known.feed(this.#beginning, arrivalUs);
  }

  get isHopeless(): boolean {
    return this.#known?.isHopeless ?? false;
  }

  get isDecided(): boolean {
    return this.#known?.isDecided ?? false;
  }

  get tokenChunks(): number {
    return this.#known?.tokenChunks ?? 0;
  }

  outcome(): OutcomeWithoutTimes {
    if (this.#known !== null) return this.#known.outcome();
    const answer = new RejectedAnswer(this.#status, this.#headers);
    answer.feed(this.#beginning);
    return answer.outcome();
  }
}

/** @returns null if more bytes are needed to tell */
function beginsAsStream(bytes: Buffer): boolean | null {
  const text = bytes.toString('utf8').trimStart(); // a byte order mark is a space, too
  if (fields.some((field) => text.startsWith(field))) return true;
  return fields.some((field) => field.startsWith(text)) ? null : false;
}
