import { GrowingBuffer } from './growing-buffer.js';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;

/** The longest event that is waited for, in bytes. The longest real ones, with log-probabilities, have some kilobytes. */
const longestEventBytes = 1024 * 1024;

/** The stream goes on and on without an end of the event: it is no event stream, or one to keep away from. */
export class EventTooLongError extends Error {
  constructor(limitBytes: number) {
    super(`The stream has an event of more than ${limitBytes} bytes.`);
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
   * @throws EventTooLongError once an event is longer than the limit; then the parser is of no more use
   */
  feed(bytes: Buffer): void;
}

/**
 * Reads server-sent events from bytes that are cut anywhere, as https://html.spec.whatwg.org/multipage/server-sent-events.html
 * says; `id` and `retry` mean nothing to us.
 *
 * Whole lines are decoded at once, however many there are, and searched with the engine's own `indexOf`. Only what follows
 * the last line end is kept, as bytes, so that a character cut in two needs no care; it is appended to and looked at again
 * only when its line ends, or a long line in small pieces would cost time by the square of its length.
 */
export function createSseParser(onEvent: OnEvent, limitBytes: number = longestEventBytes): SseParser {
  const unfinishedLine = new GrowingBuffer();
  let isFirstText = true;
  /** A CR ended the last line. Should an LF follow, it belongs to that line end. */
  let endedWithReturn = false;
  let data = '';
  let hasData = false;
  let type = '';

  function feed(bytes: Buffer): void {
    const start = endedWithReturn && bytes[0] === lineFeed ? 1 : 0;
    if (bytes.length > 0) endedWithReturn = false;
    const end = endOfLastLine(bytes);
    if (end > start) {
      readLines(textBefore(bytes, start, end));
      endedWithReturn = end === bytes.length && bytes[end - 1] === carriageReturn;
    }
    if (bytes.length > Math.max(start, end)) unfinishedLine.append(bytes.subarray(Math.max(start, end)));
    if (unfinishedLine.length + data.length > limitBytes) throw new EventTooLongError(limitBytes);
  }

  /** The unfinished line and the whole ones that follow it, decoded. */
  function textBefore(bytes: Buffer, start: number, end: number): string {
    if (unfinishedLine.length > 0) {
      unfinishedLine.append(bytes.subarray(start, end));
      return withoutMark(unfinishedLine.takeText());
    }
    return withoutMark(bytes.toString('utf8', start, end));
  }

  /** Without the byte order mark that a stream may begin with. */
  function withoutMark(text: string): string {
    if (!isFirstText) return text;
    isFirstText = false;
    return text.startsWith('\uFEFF') ? text.slice(1) : text;
  }

  /** @param text whole lines */
  function readLines(text: string): void {
    if (text.includes('\r')) {
      readMixedLines(text);
      return;
    }
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      readLine(text, start, end);
      start = end + 1;
    }
  }

  /** The same for lines that end in CR, LF or both. */
  function readMixedLines(text: string): void {
    const lineEnd = /\r\n|\r|\n/g;
    let start = 0;
    for (let match = lineEnd.exec(text); match !== null; match = lineEnd.exec(text)) {
      readLine(text, start, match.index);
      start = lineEnd.lastIndex;
    }
  }

  function readLine(text: string, start: number, end: number): void {
    if (start === end) endEvent();
    else if (text.startsWith('data:', start)) addData(valueAfter(text, start + 5, end));
    else if (text.startsWith('event:', start)) type = valueAfter(text, start + 6, end);
    else if (end - start === 4 && text.startsWith('data', start)) addData('');
    else if (end - start === 5 && text.startsWith('event', start)) type = '';
  }

  function addData(value: string): void {
    data = hasData ? `${data}\n${value}` : value;
    hasData = true;
  }

  function endEvent(): void {
    const eventData = data;
    const eventType = type;
    const isEvent = hasData;
    data = '';
    type = '';
    hasData = false;
    if (isEvent) onEvent(eventData, eventType);
  }

  return { feed };
}

/** One space after the colon is not part of the value. */
function valueAfter(text: string, start: number, end: number): string {
  return text.slice(start < end && text.charCodeAt(start) === space ? start + 1 : start, end);
}

/** Where the last whole line ends, behind its line end; 0 if there is none. */
function endOfLastLine(bytes: Buffer): number {
  const last = bytes[bytes.length - 1];
  if (last === lineFeed || last === carriageReturn) return bytes.length;
  return Math.max(bytes.lastIndexOf(lineFeed), bytes.lastIndexOf(carriageReturn)) + 1;
}
