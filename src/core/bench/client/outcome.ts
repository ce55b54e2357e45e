import type { ServerTimings } from './protocol/server-timings.js';

export interface CachedTokens {
  readonly tokens: number;
  /** OpenAI's `usage`, or llama-server's `timings`. */
  readonly source: 'usage' | 'timings';
}

/** Times are microseconds of the clock in micros.ts. */
interface Attempted {
  /** When it should have been sent according to the plan. */
  readonly intendedUs: number;
  /**
   * When it was handed to an open socket, that is, after any wait for a connection. After a reconnect, the second time.
   * If it was never sent, when the attempt began.
   */
  readonly sendUs: number;
  /** When the last byte arrived, or the error. */
  readonly endUs: number;
  /** Kept-alive connections that turned out to be closed when the request was sent on them: 0 or 1. */
  readonly reconnects: number;
  /** How the answer was compressed, such as `gzip`, if it was. */
  readonly contentEncoding?: string;
  /** The server behind the one that was asked, or one of its own engines, if the answer names it. */
  readonly executor?: string;
}

/** An answer that ended properly and had at least one token. */
export interface CompletedRequest extends Attempted {
  readonly status: 'completed';
  /**
   * It was not a stream, but arrived as a whole: there is no time of a first token, and it counts as one chunk. Absent:
   * it was a stream.
   */
  readonly isWhole?: true;
  /** Arrival of the first chunk that had text, or of the whole answer. */
  readonly firstTokenUs: number;
  /** Arrival of the last chunk that had text. What may follow is the finish reason, the usage, `[DONE]` and the end. */
  readonly lastTokenUs: number;
  /** Chunks that had text; several tokens may share one. */
  readonly tokenChunks: number;
  /** Times between them, in microseconds; one fewer than there are chunks. */
  readonly gapsUs: readonly number[];
  /**
   * How many output tokens the server had counted by each of them, if it sent its usage with all of them
   * (`continuous_usage_stats`); else null.
   */
  readonly tokenCounts: readonly number[] | null;
  /** From `usage`; null if the server did not say. */
  readonly promptTokens: number | null;
  readonly outputTokens: number | null;
  /** Prompt tokens that were in the server's cache, and which field says so; null if none does. */
  readonly cachedTokens: CachedTokens | null;
  /** Output tokens that were reasoning whose text was not streamed, as far as the usage says; 0 or more. */
  readonly unseenReasoning: number;
  readonly serverTimings: ServerTimings | null;
  /** What a person would see of the answer, without reasoning; only if it is to be kept. */
  readonly text?: string;
}

/** No answer, or only part of one. */
export interface UnansweredRequest extends Attempted {
  /**
   * `refused`: the server said that it is too busy (429, 503). `timed_out`: it took longer than `--timeout`. `failed`:
   * everything else. `cancelled`: its client left, as planned (`--cancel`). `aborted`: the bench was stopped; not counted
   * at all.
   */
  readonly status: 'refused' | 'timed_out' | 'failed' | 'cancelled' | 'aborted';
  /** The server's error code, otherwise what happened, such as `http_500`, `connection_reset`, `incomplete_stream`. */
  readonly code: string;
  readonly message: string;
  /** The status of an answer that is not 2xx. */
  readonly httpStatus?: number;
  /** Chunks with text that had arrived when its client left. */
  readonly tokenChunks?: number;
}

/** The outcome of a request, without its times. */
export type OutcomeWithoutTimes = Omit<CompletedRequest, keyof Attempted> | Omit<UnansweredRequest, keyof Attempted>;

/** The outcome of one request. */
export type RequestOutcome = CompletedRequest | UnansweredRequest;
