import { ChunkReader, spokenText } from './chunk.js';
import { isFailure } from './finish-reason.js';
import type { CachedTokens, OutcomeWithoutTimes } from './outcome.js';
import type { ServerError } from './server-error.js';
import { createSseParser } from './sse-parser.js';

/** The types of error events of chatstream and OpenAI that would have been a 429 or a 503 before the first byte. */
const busyTypes: ReadonlySet<string | null> = new Set(['rate_limit_error', 'service_unavailable_error']);
const busyStatuses: ReadonlySet<number | null> = new Set([429, 503]);

/** Measures an event stream while it arrives. It keeps no more than one event of it, unless the text is wanted. */
export class MeasuredStream {
  readonly #reader = new ChunkReader();
  readonly #gapsUs: number[] = [];
  readonly #tokenCounts: number[] = [];
  #tokenChunks = 0;
  #firstTokenUs = 0;
  #lastTokenUs = 0;
  #lastEventUs = 0;
  #arrivalUs = 0;
  readonly #parser = createSseParser((data, type) => {
    if (!this.#reader.isDone) this.#lastEventUs = this.#arrivalUs;
    if (!this.#reader.read(data, type)) return;
    this.#onToken();
    this.#kept?.push(data);
  });
  /** Events with text, which are read a second time at the end, so that measuring them takes no longer than usual. */
  readonly #kept: string[] | null;

  /** @param keepsText whether the outcome has the text of the answer */
  constructor(keepsText = false) {
    this.#kept = keepsText ? [] : null;
  }

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
    const { isDone, error, finishReason } = this.#reader;
    return isDone || error !== null || (finishReason !== null && isFailure(finishReason));
  }

  get tokenChunks(): number {
    return this.#tokenChunks;
  }

  /** The outcome of the request. Call it when the stream has ended, or is decided. */
  outcome(): OutcomeWithoutTimes {
    const { usage, hasReasoning, serverTimings } = this.#reader;
    return (
      this.#failure() ?? {
        status: 'completed',
        firstTokenUs: this.#firstTokenUs,
        lastTokenUs: this.#lastTokenUs,
        answeredUs: this.#lastEventUs,
        tokenChunks: this.#tokenChunks,
        gapsUs: this.#gapsUs,
        tokenCounts: this.#runningCounts(),
        promptTokens: usage?.promptTokens ?? null,
        outputTokens: usage?.outputTokens ?? null,
        cachedTokens: this.#cachedTokens(),
        unseenReasoning: hasReasoning ? 0 : (usage?.reasoningTokens ?? 0),
        serverTimings,
        ...(this.#kept === null ? {} : { text: spokenText(this.#kept) }),
      }
    );
  }

  /** Why there is no complete answer; null if there is one. */
  #failure(): OutcomeWithoutTimes | null {
    const { error, nonsense, foreign, isDone, finishReason } = this.#reader;
    const chunks = `${this.#tokenChunks} chunks of text`;
    if (error !== null) return this.#failed(error);
    if (nonsense !== null) return failed('malformed_chunk', `The stream has an event that is not JSON: ${nonsense}`);
    if (finishReason !== null && isFailure(finishReason)) {
      const message = `The server gave up on the answer after ${chunks}, with the finish reason ${finishReason}. See its log.`;
      return failed(`finish_reason_${finishReason.toLowerCase()}`, message);
    }
    if (this.#tokenChunks === 0 && foreign !== null) {
      return failed(
        'unknown_format',
        `The stream has no text of OpenAI's API, but other events. The first: ${foreign}`,
      );
    }
    if (!isDone && finishReason === null) {
      return failed('incomplete_stream', `The stream ended after ${chunks} without a finish reason or [DONE].`);
    }
    return this.#tokenChunks === 0 ? failed('no_tokens', this.#whyNoText()) : null;
  }

  #whyNoText(): string {
    const { outputTokens = null, reasoningTokens = null } = this.#reader.usage ?? {};
    if (outputTokens === null || outputTokens === 0) return 'The answer has no text: the model ended at once.';
    const counted = `The answer has no text, although the server counts ${outputTokens} output tokens`;
    return reasoningTokens === null || reasoningTokens === 0
      ? `${counted}.`
      : `${counted}, ${reasoningTokens} of them reasoning that it does not stream. More --output-tokens leave room for text.`;
  }

  /** Only a count that grows says how many tokens each chunk has. */
  #runningCounts(): readonly number[] | null {
    const counts = this.#tokenCounts;
    const [first = 0] = counts;
    if (counts.length !== this.#tokenChunks) return null;
    return counts.length === 1 || (counts.at(-1) ?? 0) > first ? counts : null;
  }

  #cachedTokens(): CachedTokens | null {
    const { usage, cachedByTimings } = this.#reader;
    const cachedByUsage = usage?.cachedTokens ?? null;
    if (cachedByUsage !== null) return { tokens: cachedByUsage, source: 'usage' };
    return cachedByTimings === null ? null : { tokens: cachedByTimings, source: 'timings' };
  }

  #onToken(): void {
    const { runningCount } = this.#reader;
    if (runningCount !== null) this.#tokenCounts.push(runningCount);
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
