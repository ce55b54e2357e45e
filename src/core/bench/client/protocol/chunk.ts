import type { ServerError } from './server-error.js';
import type { ServerTimings } from './server-timings.js';

/** Token counts of the server; null where it does not say. */
export interface Usage {
  readonly promptTokens: number | null;
  readonly outputTokens: number | null;
  /** Tokens of the prompt that were in the server's cache. */
  readonly cachedTokens: number | null;
  /** Tokens of the output that were the model's reasoning, whether streamed or not. */
  readonly reasoningTokens: number | null;
}

/** The measured properties of one chunk of an answer. */
export interface Chunk {
  /**
   * The part that a person sees: text, reasoning, a refusal in words, or arguments of a tool call; the first that is
   * not empty. Null if the chunk has none of them, only a role, a tool's name, or nothing. Such a chunk does not count
   * as a token.
   */
  readonly text: string | null;
  /** The text is reasoning. */
  readonly hasReasoning: boolean;
  /** A finish reason that says that the answer failed, if there is one, otherwise the first. */
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  readonly serverTimings: ServerTimings | null;
  readonly cachedByTimings: number | null;
  /** The server behind the one that was asked, if its timings name it. */
  readonly executor: string | null;
  readonly error: ServerError | null;
  /** It is the last event of the stream. */
  readonly isEnd: boolean;
  /** It is not part of the API, such as an event of another protocol, and may contain text. */
  readonly isForeign: boolean;
}

/** A chunk about which nothing is known. */
export const emptyChunk: Chunk = {
  text: null,
  hasReasoning: false,
  finishReason: null,
  usage: null,
  serverTimings: null,
  cachedByTimings: null,
  executor: null,
  error: null,
  isEnd: false,
  isForeign: false,
};

/** Whether it is a piece of text, and says nothing else. */
export function isTextOnly(chunk: Chunk): boolean {
  const { text, finishReason, usage, serverTimings, cachedByTimings, executor, error } = chunk;
  const isEnd = finishReason !== null || error !== null || chunk.isEnd;
  return text !== null && !isEnd && usage === null && serverTimings === null && (cachedByTimings ?? executor) === null;
}
