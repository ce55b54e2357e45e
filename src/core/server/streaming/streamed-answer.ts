import type { ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.js';
import type { ChatstreamError } from '../../base/errors.js';
import { addParts, type AnswerPart } from '../../engine/dialects/answer.js';
import type { AnswerListener, AnswerReason, PromptCounts, Timings } from '../../inference/request.js';
import { type AnswerEncoder, sseComment } from '../protocol/answer-encoder.js';
import { ChunkedWriter } from './chunked-writer.js';
import { KeepAlive } from './keep-alive.js';

export interface StreamOptions {
  /** How long a client may read nothing while data waits for it, in milliseconds; 0 is unlimited. */
  readonly writeTimeoutMs: number;
  readonly clock: Clock;
  /** Called once, right before the first byte: the last moment to set headers. */
  readonly onBegin: () => void;
  /** Called if the request fails before the first byte. Nothing is written, so that the answer can still have a status. */
  readonly onFailedBeforeBegin: (error: ChatstreamError) => void;
  /** Called once the last byte is written. */
  readonly onEnd: () => void;
}

/**
 * Writes one answer as server-sent events, with one write per round.
 *
 * A slow reader costs neither a slot nor unbounded memory: while its socket is full, text is collected and sent as one
 * chunk when the socket drains; the generation goes on meanwhile. A client that reads nothing at all is cut off.
 */
export class StreamedAnswer implements AnswerListener {
  readonly #response: ServerResponse;
  readonly #encoder: AnswerEncoder;
  readonly #options: StreamOptions;
  readonly #writer: ChunkedWriter;
  readonly #keepAlive: KeepAlive;
  #begun = false;
  #opened = false;
  #congested = false;
  readonly #held: AnswerPart[] = [];
  #prompt: PromptCounts = { promptTokens: 0, cachedTokens: 0 };

  constructor(response: ServerResponse, encoder: AnswerEncoder, options: StreamOptions) {
    this.#response = response;
    this.#encoder = encoder;
    this.#options = options;
    this.#writer = new ChunkedWriter(response, () => {
      this.#onDrain();
    });
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
    if (!this.#congested) this.#write(sseComment(text));
  }

  started(prompt: PromptCounts): void {
    this.#prompt = prompt;
    // Nothing is sent for ten seconds, so that until then a failure still gets its own status.
    this.#keepAlive.start();
  }

  parts(parts: readonly AnswerPart[]): void {
    this.#keepAlive.sent();
    if (this.#congested) addParts(this.#held, parts);
    else this.#write(this.#opening() + this.#encoder.parts(parts));
  }

  ended(reason: AnswerReason, parts: readonly AnswerPart[], timings: Timings, stop: string | null): void {
    this.#keepAlive.end();
    addParts(this.#held, parts);
    this.#end(this.#opening() + this.#takeHeld() + this.#encoder.closing(reason, timings, stop));
  }

  failed(error: ChatstreamError): void {
    this.#keepAlive.end();
    if (!this.#begun) {
      this.#options.onFailedBeforeBegin(error);
      return;
    }
    this.#end(this.#takeHeld() + this.#encoder.failure(error));
  }

  /** The client has left: no more calls follow. */
  abandoned(): void {
    this.#keepAlive.end();
  }

  #opening(): string {
    this.begin();
    if (this.#opened) return '';
    this.#opened = true;
    return this.#encoder.opening(this.#prompt);
  }

  #write(data: string): void {
    if (!this.#writer.write(data)) this.#onCongested();
  }

  #end(data: string): void {
    this.#writer.end(data);
    if (!this.#response.writableFinished) this.#onCongested();
    this.#options.onEnd();
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
    if (held !== '') this.#write(held);
  }

  #takeHeld(): string {
    if (this.#held.length === 0) return '';
    return this.#opening() + this.#encoder.parts(this.#held.splice(0));
  }
}
