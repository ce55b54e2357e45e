import type { ChatstreamError } from '../../base/errors.js';
import type { FinishReason } from '../../engine/engine.js';
import type { AnswerListener, Timings } from '../../inference/request.js';
import type { AnswerEncoder } from '../protocol/answer-encoder.js';

/** Collects one answer that is sent as one body. */
export class WholeAnswer implements AnswerListener {
  readonly #encoder: AnswerEncoder;
  readonly #onEnd: (body: object) => void;
  readonly #onFailed: (error: ChatstreamError) => void;
  #text = '';

  constructor(encoder: AnswerEncoder, onEnd: (body: object) => void, onFailed: (error: ChatstreamError) => void) {
    this.#encoder = encoder;
    this.#onEnd = onEnd;
    this.#onFailed = onFailed;
  }

  started(): void {
    // Nothing is sent before the end.
  }

  text(text: string): void {
    this.#text += text;
  }

  ended(reason: FinishReason, text: string, timings: Timings): void {
    this.#onEnd(this.#encoder.whole(this.#text + text, reason, timings));
  }

  failed(error: ChatstreamError): void {
    this.#onFailed(error);
  }
}
