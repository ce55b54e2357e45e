import { chatProtocol } from './chat-protocol.js';
import { type Chunk, emptyChunk, isTextOnly, type Usage } from './chunk.js';
import { ChunkTemplate } from './chunk-template.js';
import { isFailure } from './finish-reason.js';
import type { Protocol } from './protocol.js';
import { oneLine, type ServerError } from './server-error.js';
import type { ServerTimings } from './server-timings.js';

/** Reads the events of one answer one by one, and keeps what they say about it. */
export class ChunkReader {
  /** The mark at the end of the stream was read: `[DONE]`, or the last event of the protocol. */
  isDone = false;
  /** The latest one, unless an earlier one says that the answer has failed. */
  finishReason: string | null = null;
  /** The latest one; some servers send it with every chunk. */
  usage: Usage | null = null;
  /** How many output tokens the server had counted by the last event; null if that event did not say. */
  runningCount: number | null = null;
  /** Reasoning was streamed as text. */
  hasReasoning = false;
  serverTimings: ServerTimings | null = null;
  /** Prompt tokens from the cache, by llama-server's timings. */
  cachedByTimings: number | null = null;
  /** The server behind the one that was asked; null if it is not named. */
  executor: string | null = null;
  /** The first error that was sent instead of the rest of the answer. */
  error: ServerError | null = null;
  /** Data that was not JSON, as one line. */
  nonsense: string | null = null;
  /** The first event that is not one of the protocol's, as one line. */
  foreign: string | null = null;
  readonly #template = new ChunkTemplate();
  readonly #protocol: Protocol;

  constructor(protocol: Protocol = chatProtocol) {
    this.#protocol = protocol;
  }

  /** @returns whether the event contains text that a person would see */
  read(data: string, type: string): boolean {
    this.runningCount = null;
    if (this.#template.fits(data) && type !== 'error') return true;
    if (data === '[DONE]') {
      this.isDone = true;
      return false;
    }
    if (data === '') return false;
    const chunk = type === 'error' ? errorChunk(data, this.#protocol) : parsedOrNull(data, this.#protocol);
    if (chunk === null) {
      this.nonsense ??= oneLine(data);
      return false;
    }
    if (chunk.text !== null && isTextOnly(chunk)) {
      this.#template.learn(data, chunk.text, (other) => textOnly(other, this.#protocol));
    }
    this.#take(chunk);
    if (chunk.isForeign) this.foreign ??= oneLine(data);
    return chunk.text !== null;
  }

  #take(chunk: Chunk): void {
    const { finishReason, usage, hasReasoning, serverTimings, cachedByTimings, executor, error, isEnd } = chunk;
    if (this.finishReason === null || !isFailure(this.finishReason))
      this.finishReason = finishReason ?? this.finishReason;
    if (usage !== null) {
      this.usage = withEarlier(usage, this.usage);
      this.runningCount = usage.outputTokens;
    }
    if (hasReasoning) this.hasReasoning = true;
    this.serverTimings = serverTimings ?? this.serverTimings;
    this.cachedByTimings = cachedByTimings ?? this.cachedByTimings;
    this.executor = executor ?? this.executor;
    this.error ??= error;
    if (isEnd) this.isDone = true;
  }
}

/** A later count may leave out what an earlier one contains: Anthropic counts the prompt first, and the output last. */
function withEarlier(usage: Usage, earlier: Usage | null): Usage {
  if (earlier === null || (usage.promptTokens !== null && usage.outputTokens !== null)) return usage;
  return {
    promptTokens: usage.promptTokens ?? earlier.promptTokens,
    outputTokens: usage.outputTokens ?? earlier.outputTokens,
    cachedTokens: usage.cachedTokens ?? earlier.cachedTokens,
    reasoningTokens: usage.reasoningTokens ?? earlier.reasoningTokens,
  };
}

function parsedOrNull(data: string, { chunkIn }: Protocol): Chunk | null {
  try {
    return chunkIn(JSON.parse(data));
  } catch {
    return null;
  }
}

/** An event with the name `error` is an error, whatever its data looks like. */
function errorChunk(data: string, protocol: Protocol): Chunk {
  const chunk = parsedOrNull(data, protocol) ?? emptyChunk;
  return { ...chunk, error: chunk.error ?? { code: null, type: null, status: null, message: oneLine(data) } };
}

function textOnly(data: string, { chunkIn }: Protocol): string | null {
  const chunk = chunkIn(JSON.parse(data));
  return isTextOnly(chunk) ? chunk.text : null;
}
