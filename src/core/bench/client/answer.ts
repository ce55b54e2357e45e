import type { IncomingHttpHeaders } from 'node:http';
import type { AnswerForm } from '../../measurement/workload/endpoints.js';
import { contentEncodingOf, isDecodable } from './content-decoder.js';
import { MeasuredStream } from './measured-stream.js';
import type { OutcomeWithoutTimes } from './outcome.js';
import { protocolOf } from './protocol/protocols.js';
import { RejectedAnswer } from './rejected-answer.js';
import { WholeAnswer } from './whole-answer.js';

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
  /** The server behind the one that was asked, which measured the times in its timings; null until one is named. */
  readonly upstream: string | null;
  /** Which of its engines answered, according to its timings; null until these say so. */
  readonly executor: string | null;
  /** Must be called when the answer has ended, or its outcome is decided. */
  outcome(): OutcomeWithoutTimes;
}

/**
 * Decides how to read an answer from its beginning.
 *
 * @param form the form that was requested
 * @param keepsText whether the outcome contains the text of the answer
 */
export function answerTo(status: number, headers: IncomingHttpHeaders, form: AnswerForm, keepsText: boolean): Answer {
  const encoding = contentEncodingOf(headers);
  if (status >= 300 || (encoding !== null && !isDecodable(encoding))) return new RejectedAnswer(status, headers);
  const protocol = protocolOf(form.endpoint);
  if (!form.streaming) return new WholeAnswer(protocol, keepsText);
  const isLabelled = /^text\/event-stream\b/i.test(headers['content-type'] ?? '');
  const stream = (): MeasuredStream => new MeasuredStream(keepsText, protocol);
  return isLabelled ? stream() : new UnlabelledAnswer(stream, () => new RejectedAnswer(status, headers));
}

/** How the lines of an event stream begin. */
const fields = ['data:', 'event:', 'id:', 'retry:', ':'];

/**
 * An answer with another content type, or without one. Some servers send event streams that way; the first bytes show
 * it.
 */
class UnlabelledAnswer implements Answer {
  readonly #stream: () => Answer;
  readonly #rejected: () => Answer;
  #beginning: Buffer = Buffer.alloc(0);
  #known: Answer | null = null;

  constructor(stream: () => Answer, rejected: () => Answer) {
    this.#stream = stream;
    this.#rejected = rejected;
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
    this.#known = isStream ? this.#stream() : this.#rejected();
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

  get upstream(): string | null {
    return this.#known?.upstream ?? null;
  }

  get executor(): string | null {
    return this.#known?.executor ?? null;
  }

  outcome(): OutcomeWithoutTimes {
    if (this.#known !== null) return this.#known.outcome();
    const answer = this.#rejected();
    answer.feed(this.#beginning, 0);
    return answer.outcome();
  }
}

/** @returns null if more bytes are needed to tell */
function beginsAsStream(bytes: Buffer): boolean | null {
  const text = bytes.toString('utf8').trimStart(); // a byte order mark is a space, too
  if (fields.some((field) => text.startsWith(field))) return true;
  return fields.some((field) => field.startsWith(text)) ? null : false;
}
