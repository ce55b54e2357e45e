import { isRecord, member } from '../../../base/json.js';
import { reportedErrorIn } from '../../../executor/upstream/exchange/reported-error.js';

/** What takes the place of a name. */
const anotherModel = '(another model)';

/** Members of errors with words of a protocol, which a model may have for its name. */
const forPrograms: ReadonlySet<string> = new Set(['type', 'code', 'param']);

/** Names of members that clients look for, which a model may have as well. */
const ofProtocols: ReadonlySet<string> = new Set([
  ...forPrograms,
  'error',
  'message',
  'model',
  'detail',
  'object',
  'status',
]);

/** The names of models, as far as they are known, by what the owner of a key may know. */
export interface ModelsByKey {
  readonly hidden: readonly string[];
  readonly shown: readonly string[];
}

/** Hides names in a text; returns the same text if there are none. */
export type HideNames = (text: string) => string;

/**
 * Only whole names count: of `chat` and `chat-large`, the second one does not contain the first. What precedes a name
 * with a slash, as in `openai/chat`, is the name of a provider and hidden with it, unless the whole may be shown.
 */
export function hidingNames({ hidden, shown }: ModelsByKey): HideNames {
  const longestFirst = hidden.filter((name) => name !== '').toSorted((one, other) => other.length - one.length);
  if (longestFirst.length === 0) return (text) => text;
  const any = longestFirst.map((name) => name.replace(/[^\w\s]/gu, (sign) => `\\u{${hexOf(sign)}}`)).join('|');
  // A full stop or colon that nothing follows is punctuation.
  const end = '(?![\\p{L}\\p{N}_/@-]|[.:][\\p{L}\\p{N}])';
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_./:@-])(?:[\\p{L}\\p{N}_.@-]+/)*?(?:${any})${end}`, 'gu');
  const mayBeShown = new Set(shown);
  return (text) => text.replace(pattern, (name) => (mayBeShown.has(name) ? name : anotherModel));
}

/** The error of an upstream without such names. Anything else stays as it is, byte by byte. */
export function withoutNames(body: Buffer, hide: HideNames): Buffer {
  const text = body.toString();
  const shown = jsonWithout(text, (value) => within(value, hide)) ?? hide(text);
  return shown === text ? body : Buffer.from(shown);
}

/** An answer, or an event of one, without such names in the error that it reports, if it does. */
export function withoutNamesInError(body: Buffer, hide: HideNames): Buffer {
  const text = body.toString();
  if (!text.includes('error')) return body;
  const shown = jsonWithout(text, (value) => withinError(value, hide)) ?? text;
  return shown === text ? body : Buffer.from(shown);
}

function hexOf(sign: string): string {
  return (sign.codePointAt(0) ?? 0).toString(16);
}

/** @returns the text itself if nothing is hidden; null if it is not JSON */
function jsonWithout(text: string, change: (value: unknown) => unknown): string | null {
  try {
    const value: unknown = JSON.parse(text);
    const changed = change(value);
    // An answer that reports no error may be long.
    if (changed === value) return text;
    const shown = JSON.stringify(changed);
    return shown === JSON.stringify(value) ? text : shown;
  } catch {
    return null;
  }
}

/** What the model has written stays: it may contain any word. */
function withinError(value: unknown, hide: HideNames): unknown {
  if (!isRecord(value) || reportedErrorIn(value) === null) return value;
  if (isPresent(value['error'])) return { ...value, error: within(value['error'], hide) };
  const { response } = value;
  if (!isRecord(response) || !isPresent(member(response, 'error'))) return within(value, hide);
  return { ...value, response: { ...response, error: within(response['error'], hide) } };
}

function within(value: unknown, hide: HideNames): unknown {
  if (typeof value === 'string') return hide(value);
  if (Array.isArray(value)) return value.map((each: unknown) => within(each, hide));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      ofProtocols.has(name) ? name : hide(name),
      forPrograms.has(name) ? each : within(each, hide),
    ]),
  );
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}
