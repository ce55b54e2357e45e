import type { ServerResponse } from 'node:http';
import type { ChatstreamError } from '../../base/errors.js';
import { addParts, type AnswerPart } from '../../engine/dialects/answer.js';
import type { AnswerListener, AnswerReason, Timings } from '../../inference/request.js';
import type { ChoicesEncoder } from '../protocol/answer-encoder.js';
import { EventStream, type StreamOptions } from './event-stream.js';

/** What one generation does with the stream that it shares with others. */
interface SharedStream {
  readonly stream: EventStream;
  readonly encoder: ChoicesEncoder;
  /** @returns the events after its last part */
  readonly onEnded: (choice: number, reason: AnswerReason, timings: Timings) => void;
  readonly onFailed: (error: ChatstreamError) => void;
}

/**
 * Writes several generations as one stream of server-sent events, as their parts come. It ends when all of them have
 * ended, or when one fails.
 */
export class StreamedChoices {
  readonly stream: EventStream;
  /** One for each generation. */
  readonly listeners: readonly AnswerListener[];
  readonly #encoder: ChoicesEncoder;
  readonly #choices: readonly StreamedChoice[];
  readonly #timings: (Timings | undefined)[];
  #isOver = false;
  readonly #onFailed: () => void;

  /** @param onFailed called when one generation has failed: the others are of no use any more */
  constructor(
    response: ServerResponse,
    {
      encoder,
      count,
      onFailed,
    }: { readonly encoder: ChoicesEncoder; readonly count: number; readonly onFailed: () => void },
    options: StreamOptions,
  ) {
    this.stream = new EventStream(response, options, () => this.#takeHeld());
    this.#encoder = encoder;
    this.#onFailed = onFailed;
    this.#timings = Array.from({ length: count }, () => undefined);
    const shared: SharedStream = {
      stream: this.stream,
      encoder,
      onEnded: (choice, reason, timings) => {
        this.#onEnded(choice, reason, timings);
      },
      onFailed: (error) => {
        this.failed(error);
      },
    };
    this.#choices = this.#timings.map((_, choice) => new StreamedChoice(choice, shared));
    this.listeners = this.#choices;
  }

  /** Ends all of them. */
  failed(error: ChatstreamError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.stream.fail(error, () => this.#takeHeld() + this.#encoder.failure(error));
    this.#onFailed();
  }

  #onEnded(choice: number, reason: AnswerReason, timings: Timings): void {
    this.#timings[choice] = timings;
    const all = this.#timings.filter((each) => each !== undefined);
    if (all.length < this.#timings.length) {
      this.#choices[choice]?.close(this.#encoder.ended(choice, reason));
      return;
    }
    this.#isOver = true;
    this.stream.end(this.#takeHeld() + this.#encoder.closing(choice, reason, all));
  }

  #takeHeld(): string {
    return this.#choices.map((choice) => choice.takeHeld()).join('');
  }
}

class StreamedChoice implements AnswerListener {
  readonly #choice: number;
  readonly #shared: SharedStream;
  readonly #held: AnswerPart[] = [];
  /** The opening before the first part, which may be all that there is. */
  #opened = false;
  /** Events after the last part that have not been written. */
  #closing = '';
  #isDue = false;

  constructor(choice: number, shared: SharedStream) {
    this.#choice = choice;
    this.#shared = shared;
  }

  started(): void {
    this.#shared.stream.started();
  }

  parts(parts: readonly AnswerPart[]): void {
    this.#shared.stream.generated();
    addParts(this.#held, parts);
    this.#isDue = true;
    this.#flush();
  }

  ended(reason: AnswerReason, parts: readonly AnswerPart[], timings: Timings): void {
    addParts(this.#held, parts);
    this.#isDue = true;
    this.#shared.onEnded(this.#choice, reason, timings);
  }

  failed(error: ChatstreamError): void {
    this.#shared.onFailed(error);
  }

  /** @param events after its last part */
  close(events: string): void {
    this.#closing = events;
    this.#flush();
  }

  /** Its events that have not been written, possibly none. */
  takeHeld(): string {
    if (!this.#isDue) return '';
    this.#isDue = false;
    const { encoder } = this.#shared;
    const opening = this.#opened ? '' : encoder.opening(this.#choice);
    this.#opened = true;
    const events = opening + encoder.parts(this.#choice, this.#held.splice(0)) + this.#closing;
    this.#closing = '';
    return events;
  }

  #flush(): void {
    const { stream } = this.#shared;
    if (!stream.isCongested) stream.write(this.takeHeld());
  }
}
