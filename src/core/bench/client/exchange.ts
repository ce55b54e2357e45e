import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { microsNow } from '../../base/micros.js';
import { MeasuredStream } from './measured-stream.js';
import { RejectedAnswer } from './rejected-answer.js';

/** One request on one connection, and its answer. undici calls the methods. */
export class Exchange implements Dispatcher.DispatchHandler {
  /** When it was written to the socket; null if it never was. */
  sendUs: number | null = null;
  endUs = 0;
  /** Null until the answer's headers are there. */
  answer: MeasuredStream | RejectedAnswer | null = null;
  /** Why the answer did not end properly; null if it did. */
  error: Error | null = null;
  /** Resolves when nothing more will come. Never rejects. */
  readonly ended: Promise<void>;
  readonly #connection: { readonly arrivalUs: number };
  #onEnd: () => void = () => undefined;

  /** @param connection knows when the bytes arrived that undici is reading */
  constructor(connection: { readonly arrivalUs: number }) {
    this.#connection = connection;
    this.ended = new Promise((resolve) => {
      this.#onEnd = resolve;
    });
  }

  /** undici calls this right before it writes the request to the open socket. */
  onRequestStart(): void {
    this.sendUs = microsNow();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return; // such as 103 Early Hints: the answer follows
    this.answer = isEventStream(status, headers) ? new MeasuredStream() : new RejectedAnswer(status, headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    const { answer } = this;
    if (answer === null) return;
    try {
      answer.feed(bytes, this.#connection.arrivalUs);
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
    this.#end(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end(error);
  }

  #end(error: Error | null): void {
    this.endUs = microsNow();
    this.error = error;
    this.#onEnd();
  }
}

/** The part of the answer that has arrived shows that the request has failed; the rest is not read. */
export class Hopeless extends Error {}

/** An answer without a content type may be an event stream; one with another content type is not. */
function isEventStream(status: number, headers: IncomingHttpHeaders): boolean {
  const contentType = headers['content-type'];
  const isPlain = (headers['content-encoding'] ?? 'identity') === 'identity';
  return status < 300 && isPlain && (contentType === undefined || /^text\/event-stream\b/i.test(contentType));
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
