import type { ChatstreamError } from '../../base/errors.js';
import type { AnswerPart } from '../../engine/dialects/answer.js';
import type { AnswerReason, PromptCounts, Timings } from '../../inference/request.js';

/**
 * How a protocol writes one request's answer, as a stream of server-sent events or as one body. Everything about
 * streaming is the same for all protocols; this is what differs. An encoder is used for one answer, in the order of its
 * methods, and may remember what it has written.
 */
export interface AnswerEncoder {
  /** The events before the first part; possibly empty. */
  opening(prompt: PromptCounts): string;
  /** The events of some parts; empty for none. Called in the order of the answer. */
  parts(parts: readonly AnswerPart[]): string;
  /** Takes note of parts that another server has written: what follows continues after them. Called before all others. */
  replay(parts: readonly AnswerPart[]): void;
  /**
   * What a server that continues the answer needs to know besides the tokens: JSON on one line. Left out by
   * protocols whose events follow from the tokens.
   */
  progress?(): string;
  /**
   * The events after the last part. A protocol that keeps its answers has them when the answer is kept; rejects with
   * anything that went wrong then.
   *
   * @param stop the stop string at which the answer ended; null if it ended otherwise
   */
  closing(reason: AnswerReason, timings: Timings, stop: string | null): string | Promise<string>;
  /** The events that end a stream that failed, perhaps before its opening. */
  failure(error: ChatstreamError): string;
  /** The body of an answer that is not streamed, at once or when it is kept. */
  whole(
    parts: readonly AnswerPart[],
    reason: AnswerReason,
    timings: Timings,
    stop: string | null,
  ): object | Promise<object>;
}

/** One of several generations, when it has ended. */
export interface GeneratedChoice {
  readonly parts: readonly AnswerPart[];
  readonly reason: AnswerReason;
  readonly timings: Timings;
}

/** How a protocol writes several generations as one answer. They are identified by their number, from 0. */
export interface ChoicesEncoder {
  /** The events before the first part of a choice; possibly empty. */
  opening(choice: number): string;
  /** The events of some parts of a choice; empty for none. */
  parts(choice: number, parts: readonly AnswerPart[]): string;
  /** See `AnswerEncoder.replay`. */
  replay(choice: number, parts: readonly AnswerPart[]): void;
  /** The events after the last part of a choice, while others continue. */
  ended(choice: number, reason: AnswerReason): string;
  /** The events after the last part of the choice that ends last. @param timings of all choices */
  closing(choice: number, reason: AnswerReason, timings: readonly Timings[]): string;
  /** The events that end a stream that failed. */
  failure(error: ChatstreamError): string;
  /** The body of an answer that is not streamed. */
  whole(choices: readonly GeneratedChoice[]): object;
}

/** A server-sent event. Its data must be one line, which JSON without indentation always is. */
export function sseData(data: string): string {
  return `data: ${data}\n\n`;
}

/** A server-sent event with a type, which its data repeat. */
export function sseEvent(type: string, fields: object): string {
  return `event: ${type}\n${sseData(JSON.stringify({ type, ...fields }))}`;
}

/** A line that every client ignores and that keeps the connection open. */
export function sseComment(text: string): string {
  return `: ${text}\n\n`;
}
