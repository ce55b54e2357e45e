import { Feed, type Reading } from '../../feed.js';
import { parsed } from './json-reading.js';
import { ObjectWriter, StringWriter } from './json-writing.js';

/** How strings are delimited in a notation that is similar to JSON. */
export interface Quote {
  readonly text: string;
  /** Whether a backslash begins an escape. */
  readonly hasEscapes: boolean;
}

const doubleQuote: Quote = { text: '"', hasEscapes: true };

export const pythonQuotes: readonly Quote[] = [doubleQuote, { text: "'", hasEscapes: true }];

/** A mark used in place of quotation marks. Models also write quotation marks. */
export function markQuotes(mark: string): readonly Quote[] {
  return [{ text: mark, hasEscapes: false }, doubleQuote];
}

/** Deepest nesting that is read: each level is a coroutine in another one. */
const deepest = 100;

const closing: ReadonlyMap<string, string> = new Map([
  ['[', ']'],
  ['(', ')'],
]);

/** Words of JSON and Python, as JSON. */
const words: ReadonlyMap<string, string> = new Map([
  ['True', 'true'],
  ['False', 'false'],
  ['None', 'null'],
]);

/** The JSON text of a Python keyword; other texts unchanged. */
export function wordText(text: string): string {
  return words.get(text) ?? text;
}

/**
 * Reads a value in a notation that is similar to JSON: a Python literal, or one with other quotation marks and without
 * those around keys. Passes it on as JSON while it arrives; text without quotation marks that is neither a number nor a
 * word is a string.
 *
 * @returns whether the value is complete
 */
export function* looseValue(
  feed: Feed,
  emit: (text: string) => void,
  quotes: readonly Quote[],
  depth = 0,
): Reading<boolean> {
  if (depth > deepest) return false;
  yield* feed.space();
  const quote = yield* openQuote(feed, quotes);
  if (quote !== null) {
    const string = new StringWriter(emit);
    if (!(yield* quotedText(feed, string.push, quote))) return false;
    string.end();
    return true;
  }
  const bracket = yield* feed.oneOf(['[', '(', '{']);
  if (bracket === '{') return yield* looseMembers(feed, emit, quotes, depth);
  if (bracket !== null) return yield* looseItems(feed, emit, quotes, depth, closing.get(bracket) ?? '');
  let text = '';
  yield* feed.while(/[^,()[\]{}<"'\n]/, (piece) => {
    text += piece;
  });
  if ((yield* feed.peek()) === null) return false;
  emit(bareText(text.trim()));
  return true;
}

/** The rest of a list. */
function* looseItems(
  feed: Feed,
  emit: (text: string) => void,
  quotes: readonly Quote[],
  depth: number,
  close: string,
): Reading<boolean> {
  emit('[');
  for (let count = 0; ; count += 1) {
    yield* feed.space();
    if (yield* feed.literal(close)) break;
    if (count > 0) emit(',');
    if (!(yield* looseValue(feed, emit, quotes, depth + 1))) return false;
    yield* feed.space();
    if (yield* feed.literal(',')) continue;
    if (!(yield* feed.literal(close))) return false;
    break;
  }
  emit(']');
  return true;
}

/** Reads the rest of an object, after its first brace. @returns whether it is complete */
export function* looseMembers(
  feed: Feed,
  emit: (text: string) => void,
  quotes: readonly Quote[],
  depth = 0,
): Reading<boolean> {
  const object = new ObjectWriter(emit);
  for (;;) {
    yield* feed.space();
    if (yield* feed.literal('}')) break;
    const key = yield* looseKey(feed, quotes);
    yield* feed.space();
    if (key === null || !(yield* feed.literal(':'))) return false;
    if (!(yield* looseValue(feed, object.member(key), quotes, depth + 1))) return false;
    yield* feed.space();
    if (yield* feed.literal(',')) continue;
    if (!(yield* feed.literal('}'))) return false;
    break;
  }
  object.end();
  return true;
}

function* looseKey(feed: Feed, quotes: readonly Quote[]): Reading<string | null> {
  let text = '';
  const add = (piece: string): void => {
    text += piece;
  };
  const quote = yield* openQuote(feed, quotes);
  if (quote !== null) return (yield* quotedText(feed, add, quote)) ? text : null;
  yield* feed.while(/[^:,{}]/, add);
  return text.trim();
}

function* openQuote(feed: Feed, quotes: readonly Quote[]): Reading<Quote | null> {
  const text = yield* feed.oneOf(quotes.map((quote) => quote.text));
  return quotes.find((quote) => quote.text === text) ?? null;
}

/** The rest of a string. @returns whether it is complete */
function* quotedText(feed: Feed, emit: (text: string) => void, { text, hasEscapes }: Quote): Reading<boolean> {
  if (!hasEscapes) return (yield* feed.until([text], emit)) !== null;
  for (;;) {
    const mark = yield* feed.until([text, '\\'], emit);
    if (mark === null) return false;
    if (mark === '\\') {
      const char = yield* escapedText(feed);
      if (char === null) return false;
      emit(char);
    } else if (yield* isAtEnd(feed)) {
      return true;
    } else {
      // Templates put texts with apostrophes between apostrophes, and models do the same.
      emit(mark);
    }
  }
}

/** Whether the text after a quotation mark can follow a string. */
function* isAtEnd(feed: Feed): Reading<boolean> {
  const isEnd = yield* feed.attempt(function* () {
    yield* feed.space();
    const next = yield* feed.peek();
    return next === null || ',:)]}'.includes(next) ? true : null;
  });
  return isEnd === true;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ...['\\', "'", '"', '/'].map((char) => [char, char] as const),
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
  ['\n', ''],
]);

/** Number of hexadecimal digits of an escape. */
const hexDigits: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

/** The rest of an escape, and the character that it stands for; null at the end. */
function* escapedText(feed: Feed): Reading<string | null> {
  const char = yield* feed.char();
  if (char === null) return null;
  const length = hexDigits.get(char);
  if (length === undefined) return escapes.get(char) ?? `\\${char}`;
  let digits = '';
  while (digits.length < length && /^[0-9a-f]$/i.test((yield* feed.peek()) ?? '')) digits += (yield* feed.char()) ?? '';
  const point = digits.length === length ? Number.parseInt(digits, 16) : Infinity;
  return point <= 0x10ffff ? String.fromCodePoint(point) : `\\${char}${digits}`;
}

/** The JSON text of a value without quotation marks. */
function bareText(text: string): string {
  if (text === '') return 'null';
  const json = wordText(text);
  if (parsed(json) !== undefined) return json;
  const number = /^[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text.replaceAll('_', '')) : NaN;
  return JSON.stringify(Number.isFinite(number) ? number : text);
}

/** A text that is a Python literal, as JSON; null for another one. */
export function pythonText(text: string): string | null {
  const feed = new Feed();
  feed.push(text);
  feed.end();
  let json = '';
  const reading = wholeValue(feed, (piece) => {
    json += piece;
  });
  return reading.next().value === true && parsed(json) !== undefined ? json : null;
}

function* wholeValue(feed: Feed, emit: (text: string) => void): Reading<boolean> {
  const isComplete = yield* looseValue(feed, emit, pythonQuotes);
  yield* feed.space();
  return isComplete && (yield* feed.peek()) === null;
}
