import { type Chunk, chunkIn, type Usage } from './chunk.js';
import { ChunkTemplate } from './chunk-template.js';
import type { ServerTimings } from './outcome.js';
import { oneLine, type ServerError } from './server-error.js';

/** Reads the events of one answer, one by one, and keeps what they say about it. */
export class ChunkReader {
  /** The mark at the end of every OpenAI stream was read. */
  isDone = false;
  hasFinishReason = false;
  /** The latest one; some servers send it with every chunk. */
  usage: Usage | null = null;
  serverTimings: ServerTimings | null = null;
  /** The first error that was sent instead of the rest of the answer. */
  error: ServerError | null = null;
  /** Data that was no JSON, as one line. */
  nonsense: string | null = null;
  readonly #template = new ChunkTemplate();

  /** @returns whether there is something in it that a reader of the stream sees */
  read(data: string, type: string): boolean {
    if (this.#template.fits(data) && type !== 'error') return true;
    if (data === '[DONE]') {
      this.isDone = true;
      return false;
    }
    if (data === '') return false;
    const chunk = type === 'error' ? errorChunk(data) : parsedOrNull(data);
    if (chunk === null) {
      this.nonsense ??= oneLine(data);
      return false;
    }
    if (chunk.text !== null && isTextOnly(chunk)) this.#template.learn(data, chunk.text, textOnly);
    this.#take(chunk);
    return chunk.text !== null;
  }

  #take({ hasFinishReason, usage, serverTimings, error }: Chunk): void {
    if (hasFinishReason) this.hasFinishReason = true;
    if (usage !== null) this.usage = usage;
    if (serverTimings !== null) this.serverTimings = serverTimings;
    this.error ??= error;
  }
}

function parsedOrNull(data: string): Chunk | null {
  try {
    return chunkIn(JSON.parse(data));
  } catch {
    return null;
  }
}

/** An event that is named `error` is one, whatever its data looks like. */
function errorChunk(data: string): Chunk {
  const chunk = parsedOrNull(data) ?? chunkIn(null);
  return { ...chunk, error: chunk.error ?? { code: null, type: null, status: null, message: oneLine(data) } };
}

function textOnly(data: string): string | null {
  const chunk = chunkIn(JSON.parse(data));
  return isTextOnly(chunk) ? chunk.text : null;
}

function isTextOnly({ text, hasFinishReason, usage, serverTimings, error }: Chunk): boolean {
  return text !== null && !hasFinishReason && usage === null && serverTimings === null && error === null;
}
