import type { ServerResponse } from 'node:http';
import type { ChatstreamError } from '../../base/errors.js';
import type { WholeAnswer } from '../../executor/upstream/exchange/failure.js';
import type { RelayListener } from '../../relay/jobs/relay-request.js';
import { WholeEvents } from '../protocol/whole-events.js';
import { EventStream, type StreamOptions } from './event-stream.js';

/** How much of a stream is kept for a client that reads slowly, in bytes; one that falls further behind is cut off. */
const mostHeldBytes = 32 * 1024 * 1024;

/** Where the answer to a request for a stream goes. */
export interface RelayedStreamOptions extends StreamOptions {
  /** Called before the first byte if the upstream is known by then. */
  readonly onExecutor: (name: string) => void;
  /** The upstream sent one body instead of a stream, such as an error, and nothing has been written yet. */
  readonly onWhole: (answer: WholeAnswer) => void;
  /** Sees the events that are passed on. */
  readonly onData?: (chunk: Buffer) => void;
  /** The events that end a stream that failed. */
  readonly failure: (error: ChatstreamError) => string;
  /** The events that end a stream which has begun with comments, and for which the upstream then sent one body. */
  readonly refusal: (answer: WholeAnswer) => string;
}

/**
 * Passes an upstream's stream on, byte by byte, event by event. The upstream never waits for a slow reader: what it sends is kept meanwhile, so
 * that its slot is free as soon as its generation ends.
 */
export class RelayedStream implements RelayListener {
  readonly stream: EventStream;
  readonly #response: ServerResponse;
  readonly #options: RelayedStreamOptions;
  readonly #events = new WholeEvents();
  readonly #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(response: ServerResponse, options: RelayedStreamOptions) {
    this.#response = response;
    this.#options = options;
    // Bytes as characters: a piece that is framed as one string takes one system call and no decoding.
    this.stream = new EventStream(response, { ...options, encoding: 'latin1' }, () => this.#takeHeld());
  }

  started(): void {
    this.stream.started();
  }

  begun(executor: string): void {
    if (!this.stream.begun) this.#options.onExecutor(executor);
    else this.stream.comment(`executor ${executor}`);
  }

  data(chunk: Buffer): void {
    this.stream.generated();
    const events = this.#events.push(chunk);
    if (events.length === 0) return;
    this.#options.onData?.(events);
    if (!this.stream.isCongested) {
      this.stream.write(events.toString('latin1'));
      return;
    }
    this.#held.push(events);
    this.#heldBytes += events.length;
    if (this.#heldBytes > mostHeldBytes) this.#response.destroy();
  }

  ended(): void {
    const rest = this.#events.takeRest();
    this.stream.end(this.#takeHeld() + rest.toString('latin1'));
  }

  whole(answer: WholeAnswer, executor: string): void {
    if (this.stream.begun) {
      // A server that does not stream has sent its whole answer.
      const isAnswer = answer.status < 400;
      const event = (): string => `data: ${answer.body.toString().replaceAll(/[\r\n]+/g, ' ')}\n\n`;
      this.stream.end(asBytes(isAnswer ? event() : this.#options.refusal(answer)));
      return;
    }
    this.stream.abandoned();
    this.#options.onExecutor(executor);
    this.#options.onWhole(answer);
  }

  /** An event that has only begun is left out: what follows it would be taken for a part of it. */
  failed(error: ChatstreamError): void {
    const between = this.#events.isCut ? '\n\n' : '';
    this.stream.fail(error, () => this.#takeHeld() + between + asBytes(this.#options.failure(error)));
  }

  #takeHeld(): string {
    if (this.#held.length === 0) return '';
    this.#heldBytes = 0;
    return Buffer.concat(this.#held.splice(0)).toString('latin1');
  }
}

/** A text as the stream takes it: its bytes as characters. */
function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** Collects an answer that is passed on as one body. */
export class RelayedBody implements RelayListener {
  readonly #onEnd: (answer: WholeAnswer, executor: string) => void;
  readonly #onFailed: (error: ChatstreamError) => void;
  readonly #chunks: Buffer[] = [];
  #executor = '';

  constructor(onEnd: (answer: WholeAnswer, executor: string) => void, onFailed: (error: ChatstreamError) => void) {
    this.#onEnd = onEnd;
    this.#onFailed = onFailed;
  }

  started(): void {
    // Nothing is said until the answer is there.
  }

  whole(answer: WholeAnswer, executor: string): void {
    this.#onEnd(answer, executor);
  }

  begun(executor: string): void {
    this.#executor = executor;
  }

  data(chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  /** A server may stream even if it was not asked to. */
  ended(): void {
    const headers = { 'content-type': 'text/event-stream; charset=utf-8' };
    this.#onEnd({ status: 200, headers, body: Buffer.concat(this.#chunks) }, this.#executor);
  }

  failed(error: ChatstreamError): void {
    this.#onFailed(error);
  }
}
