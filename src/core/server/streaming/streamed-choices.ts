import type { ServerResponse } from 'node:http';
import type { ChatstreamError } from '../../base/errors.js';
import { failureRecord, tokenRecord } from '../../base/token-records.js';
import { addParts, type AnswerPart } from '../../engine/dialects/answer.js';
import type { Token } from '../../engine/engine.js';
import type { AnswerListener, AnswerReason, Timings } from '../../inference/request.js';
import type { ChoicesEncoder } from '../protocol/answer-encoder.js';
import { type ChoiceProgress, numbered, writeEnded } from '../protocol/completions/choices-progress.js';
import { EventStream, type StreamOptions } from './event-stream.js';

/** What one generation does with the stream that it shares with others. */
interface SharedStream {
  readonly stream: EventStream;
  readonly encoder: ChoicesEncoder;
  /** Whether the stream tells the tokens that were written. */
  readonly isResumable: boolean;
  /** Writes events that were taken from one or several choices. */
  readonly write: (events: string) => void;
  /** @returns the events after its last part */
  readonly onEnded: (choice: number, reason: AnswerReason, timings: Timings) => void;
  readonly onFailed: (error: ChatstreamError) => void;
}

/** Several choices with which another server can continue. */
export interface ResumableChoices {
  /** How far another server has come with them; null if they begin here. */
  readonly begun: readonly ChoiceProgress[] | null;
}

export interface StreamedChoicesOptions {
  readonly encoder: ChoicesEncoder;
  /** How many there are. */
  readonly count: number;
  /** Called when one generation has failed: the others are of no use any more. */
  readonly onFailed: () => void;
  /** Null for a stream without records of its tokens. */
  readonly resumable: ResumableChoices | null;
}

/**
 * Writes several generations as one stream of server-sent events, as their parts come. It ends when all of them have
 * ended, or when one fails.
 */
export class StreamedChoices {
  readonly stream: EventStream;
  /** One for each generation; none for choices that have ended elsewhere. */
  readonly listeners: readonly AnswerListener[];
  readonly #encoder: ChoicesEncoder;
  readonly #choices: readonly StreamedChoice[];
  readonly #timings: (Timings | undefined)[];
  #isOver = false;
  readonly #onFailed: () => void;
  readonly #isResumable: boolean;

  constructor(
    response: ServerResponse,
    { encoder, count, onFailed, resumable }: StreamedChoicesOptions,
    options: StreamOptions,
  ) {
    this.stream = new EventStream(response, options, () => this.#recorded(this.#takeHeld()));
    this.#encoder = encoder;
    this.#onFailed = onFailed;
    this.#isResumable = resumable !== null;
    const begun = Array.from({ length: count }, (_, choice) => resumable?.begun?.[choice] ?? null);
    this.#timings = begun.map((progress) => (progress?.status === 'ended' ? progress.timings : undefined));
    const shared: SharedStream = {
      stream: this.stream,
      encoder,
      isResumable: this.#isResumable,
      write: (events) => {
        this.stream.write(this.#recorded(events));
      },
      onEnded: (choice, reason, timings) => {
        this.#onEnded(choice, reason, timings);
      },
      onFailed: (error) => {
        this.failed(error);
      },
    };
    this.#choices = begun.map((progress, choice) => new StreamedChoice(choice, shared, progress));
    this.listeners = this.#choices.filter(({ isClosed }) => !isClosed);
  }

  /** Ends all of them. */
  failed(error: ChatstreamError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.stream.fail(error, () => {
      const events = this.#takeHeld() + this.#encoder.failure(error);
      return this.#isResumable ? events + failureRecord(error.code) : events;
    });
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
    this.stream.end(this.#recorded(this.#takeHeld() + this.#encoder.closing(choice, reason, all)));
  }

  /** With the record of the tokens that all events since the last one are of, as soon as there can be one. */
  #recorded(events: string): string {
    if (!this.#isResumable || events === '') return events;
    const written = this.#choices.filter((choice) => choice.isUnrecorded);
    if (written.some((choice) => choice.isRatingHeld)) return events;
    const tokens = written.flatMap((choice) => choice.takeTokens());
    const ended = new Map<number, Timings>();
    for (const [choice, timings] of this.#timings.entries()) {
      if (timings !== undefined && this.#choices[choice]?.isClosed === true) ended.set(choice, timings);
    }
    return events + tokenRecord(tokens, writeEnded(ended));
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
  #opened: boolean;
  /** Events after the last part that have not been written. */
  #closing = '';
  #isDue = false;
  /** Tells which tokens were written; only called in streams that can be resumed. */
  readonly token: AnswerListener['token'];
  readonly #tokens: Token[] = [];
  #isRatingHeld = false;
  #isUnrecorded = false;
  #isClosed: boolean;

  /** @param begun how far another server has come; null if it begins here */
  constructor(choice: number, shared: SharedStream, begun: ChoiceProgress | null) {
    this.#choice = choice;
    this.#shared = shared;
    this.#isClosed = begun?.status === 'ended';
    // Tokens are sent with the events of their choice.
    this.#opened = begun?.status === 'open' && begun.tokens.length > 0;
    if (!shared.isResumable) return;
    this.token = (token, isRatingHeld) => {
      this.#tokens.push(token);
      this.#isRatingHeld = isRatingHeld;
    };
  }

  /** Whether its last event has been written, here or elsewhere. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether events have been written whose tokens are in no record yet. */
  get isUnrecorded(): boolean {
    return this.#isUnrecorded;
  }

  /** See `AnswerListener.token`. */
  get isRatingHeld(): boolean {
    return this.#isRatingHeld;
  }

  /** Its tokens since the last record, as a record has them. */
  takeTokens(): readonly number[] {
    this.#isUnrecorded = false;
    return numbered(this.#choice, this.#tokens.splice(0));
  }

  foreign(parts: readonly AnswerPart[]): void {
    this.#shared.encoder.replay(this.#choice, parts);
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
    this.#isRatingHeld = false;
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
    this.#isUnrecorded = true;
    this.#isClosed = this.#closing !== '';
    this.#closing = '';
    return events;
  }

  #flush(): void {
    const { stream, write } = this.#shared;
    if (!stream.isCongested) write(this.takeHeld());
  }
}
