import { asChatstreamError, type ChatstreamError } from '../../base/errors.js';
import { addParts, type AnswerPart } from '../../engine/dialects/answer.js';
import type { AnswerListener, AnswerReason, Timings } from '../../inference/request.js';
import type { AnswerEncoder } from '../protocol/answer-encoder.js';

/** Collects one answer that is sent as one body. */
export class WholeAnswer implements AnswerListener {
  readonly #encoder: AnswerEncoder;
  readonly #onEnd: (body: object) => void;
  readonly #onFailed: (error: ChatstreamError) => void;
  readonly #parts: AnswerPart[] = [];

  constructor(encoder: AnswerEncoder, onEnd: (body: object) => void, onFailed: (error: ChatstreamError) => void) {
    this.#encoder = encoder;
    this.#onEnd = onEnd;
    this.#onFailed = onFailed;
  }

  started(): void {
    // Nothing is sent before the end.
  }

  parts(parts: readonly AnswerPart[]): void {
    addParts(this.#parts, parts);
  }

  ended(reason: AnswerReason, parts: readonly AnswerPart[], timings: Timings, stop: string | null): void {
    addParts(this.#parts, parts);
    const body = this.#encoder.whole(this.#parts, reason, timings, stop);
    if (body instanceof Promise) {
      body.then(this.#onEnd, (error: unknown) => {
        this.#onFailed(asChatstreamError(error));
      });
    } else {
      this.#onEnd(body);
    }
  }

  failed(error: ChatstreamError): void {
    this.#onFailed(error);
  }
}
