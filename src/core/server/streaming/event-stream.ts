import type { ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.js';
import type { ChatstreamError } from '../../base/errors.js';
import { sseComment } from '../protocol/answer-encoder.js';
import { type BodyEncoding, ChunkedWriter } from './chunked-writer.js';
import { KeepAlive } from './keep-alive.js';

export interface StreamOptions {
  /** How long a client may read nothing while data waits for it, in milliseconds; 0 is unlimited. */
  readonly writeTimeoutMs: number;
  readonly clock: Clock;
  /** The encoding of the strings that are written; `utf8` if left out. */
  readonly encoding?: BodyEncoding;
  /** Called once, right before the first byte: the last moment to set headers. */
  readonly onBegin: () => void;
  /** Called if the request fails before the first byte. Nothing is written, so that the answer can still have a status. */
  readonly onFailedBeforeBegin: (error: ChatstreamError) => void;
  /** Called once the last byte is written. */
  readonly onEnd: () => void;
}

/**
 * A response as server-sent events.
 *
 * A slow reader costs neither a slot nor unbounded memory: while its socket is full ({@link isCongested}), events are held
 * back by their writer, and written together when the socket drains. A client that reads nothing at all is cut off.
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #options: StreamOptions;
  readonly #takeHeld: () => string;
  readonly #writer: ChunkedWriter;
  readonly #keepAlive: KeepAlive;
  #begun = false;
  #congested = false;
  #abandoned = false;

  /** @param takeHeld called when the socket has drained: the events that were held back, possibly empty */
  constructor(response: ServerResponse, options: StreamOptions, takeHeld: () => string) {
    this.#response = response;
    this.#options = options;
    this.#takeHeld = takeHeld;
    const events = {
      onFull: () => {
        this.#onCongested();
      },
      onDrain: () => {
        this.#onDrain();
      },
    };
    this.#writer = new ChunkedWriter(response, events, options.encoding);
    this.#keepAlive = new KeepAlive(options.clock, (comment) => {
      this.comment(comment);
    });
    response.on('timeout', () => {
      response.destroy();
    });
    // Before Node.js sets its timer for idle connections; a pipelined request that is next may take longer.
    response.prependOnceListener('finish', () => {
      if (this.#congested) response.setTimeout(0);
    });
  }

  /** Whether the status and the headers have been sent. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Whether the client reads too slowly for more to be written now. */
  get isCongested(): boolean {
    return this.#congested;
  }

  /** Sends the headers now. After that, an error can only be an event in the stream. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#options.onBegin();
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      // nginx would otherwise collect the answer and deliver it in one piece.
      'x-accel-buffering': 'no',
    });
  }

  /** Sends a line that clients ignore. */
  comment(text: string): void {
    this.begin();
    if (!this.#congested) this.#writer.write(sseComment(text));
  }

  /** A generation has begun. Nothing is sent for ten seconds, so that until then a failure still gets its own status. */
  started(): void {
    this.#keepAlive.start();
  }

  /** A generation has given up its slot for a while. */
  paused(): void {
    this.#keepAlive.paused();
  }

  /** Something was generated, whether or not it is written at once. */
  generated(): void {
    this.#keepAlive.sent();
  }

  /** Writes events. Not while the stream is congested. */
  write(events: string): void {
    this.begin();
    this.#writer.write(events);
  }

  /** Writes the last events, whether or not the stream is congested. */
  end(events: string): void {
    this.#keepAlive.end();
    if (this.#abandoned) return;
    this.begin();
    this.#writer.end(events);
    if (!this.#response.writableFinished) this.#onCongested();
    this.#options.onEnd();
  }

  /** @param events makes the last events of a stream that has begun */
  fail(error: ChatstreamError, events: () => string): void {
    this.#keepAlive.end();
    if (this.#begun) this.end(events());
    else this.#options.onFailedBeforeBegin(error);
  }

  /** The client has left, or has been answered otherwise: nothing more is written. */
  abandoned(): void {
    this.#abandoned = true;
    this.#keepAlive.end();
  }

  #onCongested(): void {
    if (this.#congested) return;
    this.#congested = true;
    if (this.#options.writeTimeoutMs === 0) return;
    // The socket's own timer restarts whenever the client reads some data, so that only a stalled client is cut off.
    this.#response.setTimeout(this.#options.writeTimeoutMs);
  }

  #onDrain(): void {
    if (!this.#congested || this.#response.writableEnded) return;
    this.#congested = false;
    this.#response.setTimeout(0);
    const held = this.#takeHeld();
    if (held !== '') this.#writer.write(held);
  }
}
