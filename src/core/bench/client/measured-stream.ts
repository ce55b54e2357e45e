import { cachedTokensOf, whyNoText } from './answer-usage.js';
import { failed, failedBy } from './failed.js';
import type { OutcomeWithoutTimes } from './outcome.js';
import { chatProtocol } from './protocol/chat-protocol.js';
import { ChunkReader } from './protocol/chunk-reader.js';
import { isFailure } from './protocol/finish-reason.js';
import type { Protocol } from './protocol/protocol.js';
import { createSseParser } from './sse-parser.js';

/** Measures an event stream while it arrives. It keeps at most one event of it, unless the text is wanted. */
export class MeasuredStream {
  readonly #protocol: Protocol;
  readonly #reader: ChunkReader;
  readonly #gapsUs: number[] = [];
  readonly #tokenCounts: number[] = [];
  #tokenChunks = 0;
  #firstTokenUs = 0;
  #lastTokenUs = 0;
  #arrivalUs = 0;
  readonly #parser = createSseParser(
    (data, type) => {
      if (!this.#reader.read(data, type)) return;
      this.#onToken();
      this.#kept?.push(data);
    },
    undefined,
    (comment) => {
      this.#upstream = upstreamIn(comment) ?? this.#upstream;
    },
  );
  /** Set in a comment by a server that had sent its headers before it knew. */
  #upstream: string | null = null;
  /** Events with text, which are read a second time at the end, so that the measurement is not slowed down. */
  readonly #kept: string[] | null;

  /** @param keepsText whether the outcome contains the text of the answer */
  constructor(keepsText = false, protocol: Protocol = chatProtocol) {
    this.#protocol = protocol;
    this.#reader = new ChunkReader(protocol);
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

  /** Its end or an error has been announced; what happens to the connection afterwards does not matter. */
  get isDecided(): boolean {
    const { isDone, error, finishReason } = this.#reader;
    return isDone || error !== null || (finishReason !== null && isFailure(finishReason));
  }

  get upstream(): string | null {
    return this.#upstream;
  }

  get executor(): string | null {
    return this.#reader.executor;
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
        tokenChunks: this.#tokenChunks,
        gapsUs: this.#gapsUs,
        tokenCounts: this.#runningCounts(),
        promptTokens: usage?.promptTokens ?? null,
        outputTokens: usage?.outputTokens ?? null,
        cachedTokens: cachedTokensOf(this.#reader),
        unseenReasoning: hasReasoning ? 0 : (usage?.reasoningTokens ?? 0),
        serverTimings,
        ...(this.#kept === null ? {} : { text: spokenText(this.#kept, this.#protocol) }),
      }
    );
  }

  /** Why there is no complete answer; null if there is one. */
  #failure(): OutcomeWithoutTimes | null {
    const { error, nonsense, foreign, isDone, finishReason } = this.#reader;
    const chunks = `${this.#tokenChunks} chunks of text`;
    if (error !== null) return failedBy(error, this.#tokenChunks === 0);
    if (nonsense !== null) return failed('malformed_chunk', `The stream has an event that is not JSON: ${nonsense}`);
    if (finishReason !== null && isFailure(finishReason)) {
      const message = `The server gave up on the answer after ${chunks}, with the finish reason ${finishReason}. See its log.`;
      return failed(`finish_reason_${finishReason.toLowerCase()}`, message);
    }
    if (this.#tokenChunks === 0 && foreign !== null) {
      return failed(
        'unknown_format',
        `The stream has no text of ${this.#protocol.name}, but other events. The first: ${foreign}`,
      );
    }
    if (!isDone && finishReason === null) {
      return failed('incomplete_stream', `The stream ended after ${chunks} without ${this.#protocol.end}.`);
    }
    return this.#tokenChunks === 0 ? failed('no_tokens', whyNoText(this.#reader.usage)) : null;
  }

  /** Only a growing count says how many tokens each chunk has. */
  #runningCounts(): readonly number[] | null {
    const counts = this.#tokenCounts;
    const [first = 0] = counts;
    if (counts.length !== this.#tokenChunks) return null;
    return counts.length === 1 || (counts.at(-1) ?? 0) > first ? counts : null;
  }

  #onToken(): void {
    const { runningCount } = this.#reader;
    if (runningCount !== null) this.#tokenCounts.push(runningCount);
    if (this.#tokenChunks === 0) this.#firstTokenUs = this.#arrivalUs;
    else this.#gapsUs.push(this.#arrivalUs - this.#lastTokenUs);
    this.#lastTokenUs = this.#arrivalUs;
    this.#tokenChunks += 1;
  }
}

/** A chatstream server in front of others says in a comment who answers: `executor gpu1`. */
function upstreamIn(comment: string): string | null {
  return /^executor (\S+)$/.exec(comment.trim())?.[1] ?? null;
}

/** The text of an answer from its events, without reasoning and calls of tools. */
function spokenText(events: readonly string[], { spokenIn }: Protocol): string {
  return events.map((data) => spokenIn(jsonOrNull(data)) ?? '').join('');
}

function jsonOrNull(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
