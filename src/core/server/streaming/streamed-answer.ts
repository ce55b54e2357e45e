import type { ServerResponse } from 'node:http';
import type { ChatstreamError } from '../../base/errors.js';
import { addParts, type AnswerPart } from '../../engine/dialects/answer.js';
import type { AnswerListener, AnswerReason, Timings } from '../../inference/request.js';
import type { AnswerEncoder } from '../protocol/answer-encoder.js';
import { EventStream, type StreamOptions } from './event-stream.js';

/** Writes one answer as server-sent events, with one write per round. The generation goes on if the client reads slowly. */
export class StreamedAnswer implements AnswerListener {
  readonly stream: EventStream;
  readonly #encoder: AnswerEncoder;
  #opened = false;
  readonly #held: AnswerPart[] = [];

  constructor(response: ServerResponse, encoder: AnswerEncoder, options: StreamOptions) {
    this.stream = new EventStream(response, options, () => this.#takeHeld());
    this.#encoder = encoder;
  }

  started(): void {
    this.stream.started();
  }

  parts(parts: readonly AnswerPart[]): void {
    this.stream.generated();
    if (this.stream.isCongested) addParts(this.#held, parts);
    else this.stream.write(this.#opening() + this.#encoder.parts(parts));
  }

  ended(reason: AnswerReason, parts: readonly AnswerPart[], timings: Timings): void {
    addParts(this.#held, parts);
    this.stream.end(this.#opening() + this.#takeHeld() + this.#encoder.closing(reason, timings));
  }

  failed(error: ChatstreamError): void {
    this.stream.fail(error, () => this.#takeHeld() + this.#encoder.failure(error));
  }

  #opening(): string {
    if (this.#opened) return '';
    this.#opened = true;
    return this.#encoder.opening();
  }

  #takeHeld(): string {
    return this.#encoder.parts(this.#held.splice(0));
  }
}
