import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { microsNow } from '../../base/micros.js';
import type { AnswerForm } from '../../measurement/workload/endpoints.js';
import { type Answer, answerTo } from './answer.js';
import { ContentDecoder, contentEncodingOf, isDecodable } from './content-decoder.js';

/** One request on one connection, and its answer. undici calls the methods. */
export class Exchange implements Dispatcher.DispatchHandler {
  /** When it was written to the socket; null if it never was. */
  sendUs: number | null = null;
  endUs = 0;
  /** Null until the answer's headers have arrived. */
  answer: Answer | null = null;
  /** How the answer is compressed; null if it is not. */
  contentEncoding: string | null = null;
  /** Why the answer did not end properly; null if it did. */
  error: Error | null = null;
  /** Resolves when nothing more will come. Never rejects. */
  readonly ended: Promise<void>;
  readonly #connection: { readonly arrivalUs: number };
  readonly #form: AnswerForm;
  readonly #keepsText: boolean;
  /** The answering server, from a header of chatstream servers in front of others. */
  #upstream: string | null = null;
  #decoder: ContentDecoder | null = null;
  #onEnd: () => void = () => undefined;

  /**
   * @param connection knows when the bytes that undici is reading arrived
   * @param form the form in which the answer is requested
   * @param keepsText whether the outcome contains the text of the answer
   */
  constructor(connection: { readonly arrivalUs: number }, form: AnswerForm, keepsText: boolean) {
    this.#connection = connection;
    this.#form = form;
    this.#keepsText = keepsText;
    this.ended = new Promise((resolve) => {
      this.#onEnd = resolve;
    });
  }

  /** undici calls this right before it writes the request to the open socket. */
  onRequestStart(): void {
    this.sendUs = microsNow();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return; // such as 103 Early Hints: the answer follows
    this.answer = answerTo(status, headers, this.#form, this.#keepsText);
    const upstream = headers['x-chatstream-executor'];
    if (typeof upstream === 'string') this.#upstream = upstream;
    const encoding = contentEncodingOf(headers);
    if (encoding === null || !isDecodable(encoding)) return;
    this.contentEncoding = encoding;
    this.#decoder = new ContentDecoder(
      encoding,
      (bytes, arrivalUs) => {
        this.#take(controller, bytes, arrivalUs);
      },
      (error) => {
        controller.abort(error);
      },
    );
  }

  /** The server behind the one that was asked; null if it does not say. Known when the answer has ended. */
  get upstream(): string | null {
    return this.answer?.upstream ?? this.#upstream;
  }

  /**
   * The server or engine that answered: the server behind, or one of several engines of the server that was asked.
   * Known when the answer has ended.
   */
  get executor(): string | null {
    return this.upstream ?? this.answer?.executor ?? null;
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    const { arrivalUs } = this.#connection;
    if (this.#decoder === null) this.#take(controller, bytes, arrivalUs);
    else this.#decoder.feed(bytes, arrivalUs);
  }

  #take(controller: Dispatcher.DispatchController, bytes: Buffer, arrivalUs: number): void {
    const { answer } = this;
    if (answer === null) return;
    try {
      answer.feed(bytes, arrivalUs);
    } catch (error) {
      controller.abort(asError(error));
      return;
    }
    if (answer.isHopeless) controller.abort(new Hopeless());
  }

  /** Ends it without an answer, for a reason that undici does not report. */
  fail(reason: unknown): void {
    this.#end(asError(reason));
  }

  onResponseEnd(): void {
    if (this.#decoder === null) {
      this.#end(null);
      return;
    }
    this.#decoder.end().then(
      () => {
        this.#end(null);
      },
      (reason: unknown) => {
        this.fail(reason);
      },
    );
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end(error);
  }

  #end(error: Error | null): void {
    this.endUs = microsNow();
    this.error = error;
    this.#decoder?.destroy();
    this.#onEnd();
  }
}

/** The part of the answer that has arrived shows that the request has failed; the rest is not read. */
export class Hopeless extends Error {}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
