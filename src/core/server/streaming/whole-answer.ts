import type { ChatstreamError } from '../../base/errors.js';
import type { FinishReason } from '../../engine/engine.js';
import type { AnswerListener, Timings } from '../../inference/request.js';

export interface CollectedAnswer {
  readonly reason: FinishReason;
  readonly text: string;
  readonly timings: Timings;
}

/** Collects one answer to be sent in one piece. */
export class WholeAnswer implements AnswerListener {
  readonly #onEnd: (answer: CollectedAnswer) => void;
  readonly #onFailed: (error: ChatstreamError) => void;
  #text = '';

  constructor(onEnd: (answer: CollectedAnswer) => void, onFailed: (error: ChatstreamError) => void) {
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
    this.#onEnd({ reason, text: this.#text + text, timings });
  }

  failed(error: ChatstreamError): void {
    this.#onFailed(error);
  }
}
