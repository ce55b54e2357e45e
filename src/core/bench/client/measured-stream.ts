import { ChunkReader } from './chunk.js';
import type { OutcomeWithoutTimes } from './outcome.js';
import type { ServerError } from './server-error.js';
import { createSseParser } from './sse-parser.js';

/** The types of error events of chatstream and OpenAI that would have been a 429 or a 503 before the first byte. */
const busyTypes: ReadonlySet<string | null> = new Set(['rate_limit_error', 'service_unavailable_error']);
const busyStatuses: ReadonlySet<number | null> = new Set([429, 503]);

/** Measures an event stream while it arrives. It keeps no more than one event of it. */
export class MeasuredStream {
  readonly #reader = new ChunkReader();
  readonly #gapsUs: number[] = [];
  #tokenChunks = 0;
  #firstTokenUs = 0;
  #lastTokenUs = 0;
  #arrivalUs = 0;
  readonly #parser = createSseParser((data, type) => {
    if (this.#reader.read(data, type)) this.#onToken();
  });

  /**
   * @param arrivalUs when these bytes arrived, and with them every event that they complete
   * @throws EventTooLongError
   */
  feed(bytes: Buffer, arrivalUs: number): void {
    this.#arrivalUs = arrivalUs;
    this.#parser.feed(bytes);
  }

  /** Whether the request has failed, whatever arrives from now on. */
  get isHopeless(): boolean {
    return this.#reader.nonsense !== null;
  }

  /** Its end or an error was announced; what happens to the connection afterwards does not matter. */
  get isDecided(): boolean {
    return this.#reader.isDone || this.#reader.error !== null;
  }

  get tokenChunks(): number {
    return this.#tokenChunks;
  }

  /** The outcome of the request. Call it when the stream has ended, or is decided. */
  outcome(): OutcomeWithoutTimes {
    const { error, nonsense, isDone, hasFinishReason, usage, serverTimings } = this.#reader;
    if (error !== null) return this.#failed(error);
    if (nonsense !== null) {
      return failed('malformed_chunk', `The stream has an event that is not JSON: ${nonsense}`);
    }
    if (!isDone && !hasFinishReason) {
      return failed(
        'incomplete_stream',
        `The stream ended after ${this.#tokenChunks} chunks of text without a finish reason or [DONE].`,
      );
    }
    if (this.#tokenChunks === 0) {
      return failed(
        'no_tokens',
        'The answer has no text: the model ended at once, or the server streams something else.',
      );
    }
    return {
      status: 'completed',
      firstTokenUs: this.#firstTokenUs,
      lastTokenUs: this.#lastTokenUs,
      tokenChunks: this.#tokenChunks,
      gapsUs: this.#gapsUs,
      promptTokens: usage?.promptTokens ?? null,
      outputTokens: usage?.outputTokens ?? null,
      serverTimings,
    };
  }

  #onToken(): void {
    if (this.#tokenChunks === 0) this.#firstTokenUs = this.#arrivalUs;
    else this.#gapsUs.push(this.#arrivalUs - this.#lastTokenUs);
    this.#lastTokenUs = this.#arrivalUs;
    this.#tokenChunks += 1;
  }

  #failed({ code, type, status, message }: ServerError): OutcomeWithoutTimes {
    const isBusy = this.#tokenChunks === 0 && (busyTypes.has(type) || busyStatuses.has(status));
    const name = code ?? (status === null ? null : `http_${status}`) ?? type ?? 'stream_error';
    return { status: isBusy ? 'refused' : 'failed', code: name, message };
  }
}

function failed(code: string, message: string): OutcomeWithoutTimes {
  return { status: 'failed', code, message };
}
