import type { ChatstreamError } from '../../base/errors.js';
import type { FinishReason } from '../../engine/engine.js';
import type { Timings } from '../../inference/request.js';

/**
 * How a protocol writes one request's answer, as a stream of server-sent events or as one body. Everything about
 * streaming is the same for all protocols; this is what differs.
 */
export interface AnswerEncoder {
  /** The events before the first text; possibly empty. */
  opening(): string;
  text(text: string): string;
  /** The events after the last text. */
  closing(reason: FinishReason, timings: Timings): string;
  /** The events that end a stream that failed. */
  failure(error: ChatstreamError): string;
  /** The body of an answer that is not streamed. */
  whole(text: string, reason: FinishReason, timings: Timings): object;
}

/** A server-sent event. Its data must be one line, which JSON without indentation always is. */
export function sseData(data: string): string {
  return `data: ${data}\n\n`;
}

/** A line that every client ignores and that keeps the connection open. */
export function sseComment(text: string): string {
  return `: ${text}\n\n`;
}
