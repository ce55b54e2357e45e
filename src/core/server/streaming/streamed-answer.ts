import type { ServerResponse } from 'node:http';
import { asChatstreamError, type ChatstreamError } from '../../base/errors.js';
import { addParts, type AnswerPart } from '../../engine/dialects/answer.js';
import type { AnswerListener, AnswerReason, PromptCounts, Timings } from '../../inference/request.js';
import type { AnswerEncoder } from '../protocol/answer-encoder.js';
import { EventStream, type StreamOptions } from './event-stream.js';

/** Writes one answer as server-sent events, with one write per round. The generation goes on if the client reads slowly. */
export class StreamedAnswer implements AnswerListener {
  readonly stream: EventStream;
  readonly #encoder: AnswerEncoder;
  #opened = false;
  readonly #held: AnswerPart[] = [];
  #prompt: PromptCounts = { promptTokens: 0, cachedTokens: 0 };

  constructor(response: ServerResponse, encoder: AnswerEncoder, options: StreamOptions) {
    this.stream = new EventStream(response, options, () => this.#takeHeld());
    this.#encoder = encoder;
  }

  started(prompt: PromptCounts): void {
    this.#prompt = prompt;
    this.stream.started();
  }

  paused(): void {
    this.stream.paused();
  }

  parts(parts: readonly AnswerPart[]): void {
    this.stream.generated();
    if (this.stream.isCongested) addParts(this.#held, parts);
    else this.stream.write(this.#opening() + this.#encoder.parts(parts));
  }

  ended(reason: AnswerReason, parts: readonly AnswerPart[], timings: Timings, stop: string | null): void {
    addParts(this.#held, parts);
    const events = this.#opening() + this.#takeHeld();
    const last = this.#encoder.closing(reason, timings, stop);
    if (typeof last === 'string') {
      this.stream.end(events + last);
      return;
    }
    last.then(
      (closing) => {
        this.stream.end(events + closing);
      },
      (error: unknown) => {
        this.failed(asChatstreamError(error));
      },
    );
  }

  failed(error: ChatstreamError): void {
    this.stream.fail(error, () => this.#takeHeld() + this.#encoder.failure(error));
  }

  #opening(): string {
    if (this.#opened) return '';
    this.#opened = true;
    return this.#encoder.opening(this.#prompt);
  }

  #takeHeld(): string {
    if (this.#held.length === 0) return '';
    return this.#opening() + this.#encoder.parts(this.#held.splice(0));
  }
}
