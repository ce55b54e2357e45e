import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { microsNow } from '../../base/micros.js';
import { RejectedAnswer } from './rejected-answer.js';
import { MeasuredStream } from './measured-stream.js';

/** One request on one connection, and what comes back. Undici calls its methods. */
export class Exchange implements Dispatcher.DispatchHandler {
  /** When it was written to the socket; null if it never was. */
  sendUs: number | null = null;
  endUs = 0;
  /** Null until the answer's headers are there. */
  answer: MeasuredStream | RejectedAnswer | null = null;
  /** Why the answer, or what there is of it, did not end as answers should; null if it did. */
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

  /** The next thing that undici does is to write the request to the open socket. */
  onRequestStart(): void {
    this.sendUs = microsNow();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return; // 103 Early Hints and the like: the answer follows
    this.answer = isEventStream(status, headers) ? new MeasuredStream() : new RejectedAnswer(status, headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    const { answer } = this;
    if (answer === null) return;
    try {
      answer.feed(bytes, this.#connection.arrivalUs);
    } catch (thrown) {
      controller.abort(thrown instanceof Error ? thrown : new Error(String(thrown)));
      return;
    }
    if (answer.isHopeless) controller.abort(new Hopeless());
  }

  /** Ends it without an answer, for a reason that undici knows nothing of. */
  fail(thrown: unknown): void {
    this.#end(thrown instanceof Error ? thrown : new Error(String(thrown)));
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

/** What has come already decides the request; the rest of the answer is not waited for. */
export class Hopeless extends Error {}

/** A server that does not say what it sends may send events; one that says so must not send anything else. */
function isEventStream(status: number, headers: IncomingHttpHeaders): boolean {
  const contentType = headers['content-type'];
  const isPlain = (headers['content-encoding'] ?? 'identity') === 'identity';
  return status < 300 && isPlain && (contentType === undefined || /^text\/event-stream\b/i.test(contentType));
}
