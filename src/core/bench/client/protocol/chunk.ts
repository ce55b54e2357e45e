import type { ServerError } from './server-error.js';
import type { ServerTimings } from './server-timings.js';

/** Token counts of the server; null where it does not say. */
export interface Usage {
  readonly promptTokens: number | null;
  readonly outputTokens: number | null;
  /** Of the prompt's, those that were in the server's cache. */
  readonly cachedTokens: number | null;
  /** Of the output, those of the model's reasoning, whether they were streamed or not. */
  readonly reasoningTokens: number | null;
}

/** What is measured of one chunk of an answer. */
export interface Chunk {
  /**
   * What a person sees of it: text, reasoning, a refusal in words, or arguments of a tool call; the first that is not
   * empty. Null if the chunk has none of them, only a role, a tool's name, or nothing: then it does not count as a
   * token.
   */
  readonly text: string | null;
  /** The text is reasoning. */
  readonly hasReasoning: boolean;
  /** One that says that the answer failed, if there is one, else the first. */
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  readonly serverTimings: ServerTimings | null;
  readonly cachedByTimings: number | null;
  /** The server behind the one that was asked, if it says so in its timings. */
  readonly executor: string | null;
  readonly error: ServerError | null;
  /** It is the last event of the stream. */
  readonly isEnd: boolean;
  /** It is nothing that the API sends, such as an event of another protocol: there may be text in it. */
  readonly isForeign: boolean;
}

/** Of which nothing is known. */
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
