import type { Clock } from '../../../src/core/base/clock.js';
import { ChatstreamError } from '../../../src/core/base/errors.js';
import type { AnswerPart } from '../../../src/core/engine/dialects/answer.js';
import type {
  AdmittedRequest,
  AnswerListener,
  AnswerReason,
  InferenceRequest,
  Timings,
} from '../../../src/core/inference/request.js';
import type { Inference } from '../../../src/core/inference/service/inference.js';

/** What a client is told, and when. */
export type Heard =
  | { readonly what: 'started'; readonly atMs: number }
  | { readonly what: 'text'; readonly atMs: number; readonly text: string }
  | {
      readonly what: 'ended';
      readonly atMs: number;
      readonly reason: AnswerReason;
      readonly text: string;
      readonly timings: Timings;
    }
  | { readonly what: 'failed'; readonly atMs: number; readonly error: ChatstreamError };

/** One client with one request. It records what it is told, and it can leave. */
export class Client implements AnswerListener {
  readonly heard: Heard[] = [];
  /** The result of `submit`; null until it has settled. */
  admission: 'admitted' | ChatstreamError | null = null;
  /** Its place in the queue; undefined unless it waits. */
  place: AdmittedRequest['place'] = () => undefined;
  /** Called within the call of that name, after it was recorded. */
  readonly on: Partial<Record<Heard['what'], () => void>> = {};
  readonly #clock: Clock;
  readonly #leaving = new AbortController();

  constructor(
    readonly request: InferenceRequest,
    clock: Clock,
  ) {
    this.#clock = clock;
  }

  get id(): string {
    return this.request.id;
  }

  /** All the text so far. */
  get answer(): string {
    return this.heard.map((heard) => ('text' in heard ? heard.text : '')).join('');
  }

  /** How it ended: the last event, if it was an end. */
  get end(): Extract<Heard, { what: 'ended' | 'failed' }> | undefined {
    const last = this.heard.at(-1);
    return last?.what === 'ended' || last?.what === 'failed' ? last : undefined;
  }

  get timings(): Timings | undefined {
    return this.end?.what === 'ended' ? this.end.timings : undefined;
  }

  /** Why it got no answer, whether before or after it was admitted. */
  get error(): ChatstreamError | undefined {
    if (this.admission instanceof ChatstreamError) return this.admission;
    return this.end?.what === 'failed' ? this.end.error : undefined;
  }

  leave(): void {
    this.#leaving.abort();
  }

  submitTo(inference: Pick<Inference, 'submit'>): void {
    inference.submit(this.request, this, this.#leaving.signal).then(
      ({ place }) => {
        this.admission = 'admitted';
        this.place = place;
      },
      (thrown: unknown) => {
        if (!(thrown instanceof ChatstreamError)) throw thrown;
        this.admission = thrown;
      },
    );
  }

  started(): void {
    this.#hear({ what: 'started', atMs: this.#clock.now() });
  }

  parts(parts: readonly AnswerPart[]): void {
    this.#hear({ what: 'text', atMs: this.#clock.now(), text: textOf(parts) });
  }

  ended(reason: AnswerReason, parts: readonly AnswerPart[], timings: Timings): void {
    this.#hear({ what: 'ended', atMs: this.#clock.now(), reason, text: textOf(parts), timings });
  }

  failed(error: ChatstreamError): void {
    this.#hear({ what: 'failed', atMs: this.#clock.now(), error });
  }

  #hear(heard: Heard): void {
    if (this.end !== undefined) throw new Error(`${this.id} hears "${heard.what}" after its end.`);
    if (this.#leaving.signal.aborted) throw new Error(`${this.id} hears "${heard.what}" after it has left.`);
    this.heard.push(heard);
    this.on[heard.what]?.();
  }
}

function textOf(parts: readonly AnswerPart[]): string {
  return parts.map((part) => (part.type === 'content' ? part.text : '')).join('');
}
