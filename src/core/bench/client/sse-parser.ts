import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';

/**
 * The longest event that is accepted, in characters. Real ones, with log-probabilities, have at most a few thousand.
 */
const longestEvent = 1024 * 1024;

/** An event does not end within the limit: this is not an event stream, or not one that can be measured. */
export class EventTooLongError extends Error {
  constructor(limit: number) {
    super(`The stream has an event of more than ${limit} characters.`);
    this.name = 'EventTooLongError';
  }
}

/**
 * @param data the event's data lines, joined by line feeds
 * @param type the event's name; empty if it has none
 */
export type OnEvent = (data: string, type: string) => void;

export interface SseParser {
  /**
   * Takes the next bytes and reports, before it returns, every event that they complete. The bytes are not kept.
   *
   * @throws EventTooLongError once an event is longer than the limit; the parser is not usable after that
   */
  feed(bytes: Buffer): void;
}

/**
 * Reads server-sent events from bytes that are cut anywhere, as
 * https://html.spec.whatwg.org/multipage/server-sent-events.html specifies; `id` and `retry` are ignored. A library
 * does the work. It takes text, so the bytes are decoded here. It also leaves a byte order mark and a CR at the end of
 * a piece to its caller, which are handled here.
 *
 * @param limit how much of an unfinished event is kept, in characters
 * @param onComment gets lines that are not part of events; absent: they are ignored
 */
export function createSseParser(
  onEvent: OnEvent,
  limit: number = longestEvent,
  onComment?: (comment: string) => void,
): SseParser {
  // On Node.js 20, a TextDecoder adds 0.2 µs per event, and more than 1 µs with log-probabilities (benchmarks/bench).
  const decoder = new StringDecoder('utf8');
  let isFirstText = true;
  /** The last piece ended with a CR. If an LF follows, it belongs to that line end. */
  let endedWithReturn = false;
  const parser = createParser({
    maxBufferSize: limit,
    onEvent: ({ data, event = '' }) => {
      onEvent(data, event);
    },
    ...(onComment === undefined ? {} : { onComment }),
    onError: ({ type }) => {
      // All other errors are about lines without meaning, which are to be ignored according to the specification.
      if (type === 'max-buffer-size-exceeded') throw new EventTooLongError(limit);
    },
  });

  function feed(bytes: Buffer): void {
    const text = decoder.write(bytes);
    if (text !== '') parser.feed(withWholeLineEnd(withoutMark(text)));
  }

  /** Without the byte order mark that a stream may begin with. */
  function withoutMark(text: string): string {
    if (!isFirstText) return text;
    isFirstText = false;
    return text.startsWith('\uFEFF') ? text.slice(1) : text;
  }

  /**
   * The text with an LF for each line end if the last one is a CR. After a CR, the library waits for the next
   * character, and would report the event that it ends with the next piece: too late, or never.
   */
  function withWholeLineEnd(text: string): string {
    const rest = endedWithReturn && text.startsWith('\n') ? text.slice(1) : text;
    endedWithReturn = rest.endsWith('\r');
    return endedWithReturn ? rest.replaceAll(/\r\n?/g, '\n') : rest;
  }

  return { feed };
}
