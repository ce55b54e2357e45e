import { isRecord } from '../../../base/json.js';

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

/**
 * The error of an upstream without the names of models that the owner of a key is not to know. Only whole names count: of `chat`
 * and `chat-large`, the second one does not contain the first. Anything else stays as it is, byte by byte.
 *
 * @param body in JSON, whose strings are searched, or any other text
 * @param names what must not be in it
 */
export function withoutNames(body: Buffer, names: readonly string[]): Buffer {
  const longestFirst = names.filter((name) => name !== '').toSorted((one, other) => other.length - one.length);
  if (longestFirst.length === 0) return body;
  const any = longestFirst.map((name) => name.replace(/[^\w\s]/gu, (sign) => `\\u{${hexOf(sign)}}`)).join('|');
  // A full stop or colon that nothing follows is punctuation.
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_./:@-])(?:${any})(?![\\p{L}\\p{N}_/@-]|[.:][\\p{L}\\p{N}])`, 'gu');
  const text = body.toString();
  const hide = (part: string): string => part.replace(pattern, anotherModel);
  const shown = jsonWithout(text, hide) ?? hide(text);
  return shown === text ? body : Buffer.from(shown);
}

function hexOf(sign: string): string {
  return (sign.codePointAt(0) ?? 0).toString(16);
}

/** @returns the text itself if nothing is hidden; null if it is not JSON */
function jsonWithout(text: string, hide: (part: string) => string): string | null {
  const within = (value: unknown): unknown => {
    if (typeof value === 'string') return hide(value);
    if (Array.isArray(value)) return value.map(within);
    if (!isRecord(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [
        ofProtocols.has(name) ? name : hide(name),
        forPrograms.has(name) ? each : within(each),
      ]),
    );
  };
  try {
    const value: unknown = JSON.parse(text);
    const shown = JSON.stringify(within(value));
    return shown === JSON.stringify(value) ? text : shown;
  } catch {
    return null;
  }
}
