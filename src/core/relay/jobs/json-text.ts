const blank: ReadonlySet<string | undefined> = new Set([' ', '\t', '\n', '\r']);

/**
 * A JSON object with another value for one of its members, or with one more; everything else stays as it was written. Parsing
 * and writing it anew would change numbers that JavaScript has no room for, such as some seeds.
 *
 * @param text of an object, which is known to be valid
 */
export function withMember(text: string, name: string, value: unknown): string {
  const found = memberIn(text, name);
  const json = JSON.stringify(value);
  if (found !== null) return text.slice(0, found.start) + json + text.slice(found.end);
  const open = text.indexOf('{') + 1;
  const isEmpty = text[skipBlank(text, open)] === '}';
  return `${text.slice(0, open)}${JSON.stringify(name)}:${json}${isEmpty ? '' : ','}${text.slice(open)}`;
}

/**
 * A JSON object without some of its members. Like {@link withMember}, it keeps the text of all others.
 *
 * @param text of an object, which is known to be valid
 */
export function withoutMembers(text: string, names: readonly string[]): string {
  const rest = Array.from(membersOf(text)).filter(({ name }) => !names.includes(name));
  return `{${rest.map(({ from, end }) => text.slice(from, end)).join(',')}}`;
}

/**
 * A JSON object in which the object that is one of its members is without some of its own. If nothing is left of that, the member goes
 * as well.
 *
 * @param text of an object, which is known to be valid
 */
export function withoutMembersOf(text: string, name: string, names: readonly string[]): string {
  const found = memberIn(text, name);
  if (found === null) return text;
  const rest = withoutMembers(text.slice(found.start, found.end), names);
  return rest === '{}' ? withoutMembers(text, [name]) : text.slice(0, found.start) + rest + text.slice(found.end);
}

/**
 * The names of the members of a JSON object as they are written, including those that `JSON.parse` drops because they
 * are repeated.
 *
 * @param text of an object, which is known to be valid
 */
export function memberNames(text: string): readonly string[] {
  return Array.from(membersOf(text), ({ name }) => name);
}

/** Where a value is in a text. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where the value of a member is; of several, the last one counts, as for `JSON.parse`. */
function memberIn(text: string, name: string): Span | null {
  let found: Span | null = null;
  for (const each of membersOf(text)) if (each.name === name) found = each;
  return found;
}

interface Member extends Span {
  readonly name: string;
  /** Where its name begins. */
  readonly from: number;
}

function* membersOf(text: string): Generator<Member> {
  let at = skipBlank(text, text.indexOf('{') + 1);
  while (text[at] === '"') {
    const keyEnd = stringEnd(text, at);
    const start = skipBlank(text, skipBlank(text, keyEnd) + 1);
    const end = valueEnd(text, start);
    yield { name: String(JSON.parse(text.slice(at, keyEnd))), from: at, start, end };
    at = skipBlank(text, end);
    if (text[at] === ',') at = skipBlank(text, at + 1);
  }
}

function valueEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length;) {
    const character = text[at];
    if (character === '"') {
      at = stringEnd(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (character === ',' || blank.has(character))) return at;
    at += 1;
  }
  return text.length;
}

/** @param start of its first quotation mark */
function stringEnd(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text[at - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) return at + 1;
  }
  return text.length;
}

function skipBlank(text: string, from: number): number {
  let at = from;
  while (blank.has(text[at])) at += 1;
  return at;
}
