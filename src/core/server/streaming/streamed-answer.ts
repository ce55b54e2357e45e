import type { ServerResponse } from 'node:http';
import { asChatstreamError, type ChatstreamError } from '../../base/errors.js';
import { failureRecord, tokenRecord } from '../../base/token-records.js';
import { addParts, type AnswerPart } from '../../engine/dialects/answer.js';
import type { Token } from '../../engine/engine.js';
import type { AnswerListener, AnswerReason, PromptCounts, Timings } from '../../inference/request.js';
import type { AnswerEncoder } from '../protocol/answer-encoder.js';
import { EventStream, type StreamOptions } from './event-stream.js';

/** A stream that another server can continue with. */
export interface Resumable {
  /** Whether this server itself continues with an answer, whose opening has been written. */
  readonly isResumed: boolean;
}

/** Writes one answer as server-sent events, with one write per round. The generation continues if the client reads slowly. */
export class StreamedAnswer implements AnswerListener {
  readonly stream: EventStream;
  readonly #encoder: AnswerEncoder;
  /** Tells which tokens were written; only called in streams that can be resumed. */
  readonly token: AnswerListener['token'];
  /** Tokens since the last record; null if there are no records. */
  #unrecorded: Token[] | null = null;
  /** Whether probabilities of theirs are still to come: a server that continues after them would not know these. */
  #isRatingHeld = false;
  #opened = false;
  readonly #held: AnswerPart[] = [];
  #prompt: PromptCounts = { promptTokens: 0, cachedTokens: 0 };

  /** @param resumable null for a stream without records of its tokens */
  constructor(
    response: ServerResponse,
    encoder: AnswerEncoder,
    options: StreamOptions,
    resumable: Resumable | null = null,
  ) {
    this.stream = new EventStream(response, options, () => this.#recorded(this.#takeHeld()));
    this.#encoder = encoder;
    if (resumable === null) return;
    this.#opened = resumable.isResumed;
    this.#unrecorded = [];
    this.token = (token, isRatingHeld) => {
      this.#unrecorded?.push(token);
      this.#isRatingHeld = isRatingHeld;
    };
  }

  started(prompt: PromptCounts): void {
    this.#prompt = prompt;
    this.stream.started();
  }

  paused(): void {
    this.stream.paused();
  }

  foreign(parts: readonly AnswerPart[]): void {
    this.#encoder.replay(parts);
  }

  parts(parts: readonly AnswerPart[]): void {
    this.stream.generated();
    if (this.stream.isCongested) addParts(this.#held, parts);
    else this.stream.write(this.#recorded(this.#opening() + this.#encoder.parts(parts)));
  }

  ended(reason: AnswerReason, parts: readonly AnswerPart[], timings: Timings, stop: string | null): void {
    addParts(this.#held, parts);
    this.#isRatingHeld = false;
    const events = this.#opening() + this.#takeHeld();
    const last = this.#encoder.closing(reason, timings, stop);
    if (typeof last === 'string') {
      this.stream.end(this.#recorded(events + last));
      return;
    }
    last.then(
      (closing) => {
        this.stream.end(this.#recorded(events + closing));
      },
      (error: unknown) => {
        this.failed(asChatstreamError(error));
      },
    );
  }

  failed(error: ChatstreamError): void {
    this.stream.fail(error, () => {
      const events = this.#takeHeld() + this.#encoder.failure(error);
      return this.#unrecorded === null ? events : events + failureRecord(error.code);
    });
  }

  #opening(): string {
    if (this.#opened) return '';
    this.#opened = true;
    return this.#encoder.opening(this.#prompt);
  }

  /** With the record of the tokens that these events are of, as soon as there can be one. */
  #recorded(events: string): string {
    if (this.#unrecorded === null || events === '' || this.#isRatingHeld) return events;
    return events + tokenRecord(this.#unrecorded.splice(0), this.#encoder.progress?.() ?? null);
  }

  #takeHeld(): string {
    if (this.#held.length === 0) return '';
    return this.#opening() + this.#encoder.parts(this.#held.splice(0));
  }
}
