/**
 * A member of a value from `JSON.parse`, or of what was thrown, such as the `code` of an error of Node.js; undefined if it has
 * no member of this name.
 */
export function member(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

/** Whether the value is an object, which may be an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The items of an array; no items of anything else. */
export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value if it is a string that is not empty, else null. */
export function nonEmpty(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The value if it is a finite number of at least 0, else null. */
export function amount(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a];
const [openObject, openList, closeObject, closeList] = [0x7b, 0x5b, 0x7d, 0x5d];

/** What is in a JSON text: objects and lists, on how many levels, members of objects, and strings, names of members included. */
export interface JsonSize {
  readonly containers: number;
  readonly levels: number;
  readonly members: number;
  readonly strings: number;
}

/**
 * The size of a JSON text, in time linear in its length, which is much less than parsing it takes. Counting stops once
 * there is more of something than `most` allows. For a text that is not JSON, the result does not matter.
 */
export function jsonSize(text: string, most: JsonSize): JsonSize {
  let level = 0;
  let levels = 0;
  let containers = 0;
  let members = 0;
  let strings = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case openObject:
      case openList:
        level += 1;
        containers += 1;
        if (level > levels) levels = level;
        if (level > most.levels || containers > most.containers) return { containers, levels, members, strings };
        break;
      case colon:
        members += 1;
        if (members > most.members) return { containers, levels, members, strings };
        break;
      case closeObject:
      case closeList:
        level -= 1;
        break;
      case quote:
        strings += 1;
        if (strings > most.strings) return { containers, levels, members, strings };
        at = endOfString(text, at);
    }
  }
  return { containers, levels, members, strings };
}

/** Texts are told apart by so many bits of a hash at least: of 20,000 different ones, some 1 % are taken for one that was there before, of 50,000 some 2 %. */
const leastHashBits = 20;

/** Different in each process, so that clients cannot search for texts that collide. */
const hashBasis = Math.floor(Math.random() * 2 ** 32);

/** Counts different texts, or nearly so many. */
class DifferentTexts {
  readonly #bits: number;
  readonly #seen: Int32Array;
  #count = 0;

  /** @param most up to how many are counted; of as many, some 6 % are taken for one that was there before */
  constructor(most: number) {
    this.#bits = Math.min(32, Math.max(leastHashBits, 35 - Math.clz32(most)));
    this.#seen = new Int32Array(2 ** (this.#bits - 5));
  }

  /** @returns how many there are with this part of a text */
  add(text: string, start: number, end: number): number {
    const hash = hashOf(text, start, end, this.#bits);
    const word = this.#seen[hash >>> 5] ?? 0;
    const bit = 1 << (hash & 31);
    if ((word & bit) !== 0) return this.#count;
    this.#seen[hash >>> 5] = word | bit;
    this.#count += 1;
    return this.#count;
  }
}

/**
 * Whether objects in a JSON text have more different names of members than this, or nearly as many. Takes time linear
 * in its length, which is much less than parsing takes, because that makes a string of each name that is kept.
 */
export function hasManyNames(text: string, most: number): boolean {
  const names = new DifferentTexts(most);
  let start = 0;
  let end = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      start = at + 1;
      end = at = endOfString(text, at);
    } else if (code === colon && names.add(text, start, end) > most) return true;
  }
  return false;
}

/**
 * Characters up to which V8 looks up each string that it parses in a table of all strings: 110,000 different ones in a megabyte take
 * 20 ms or more, and longer ones 3 ms.
 */
const shortString = 10;

/** The same for short strings, names or not. */
export function hasManyShortStrings(text: string, most: number): boolean {
  const strings = new DifferentTexts(most);
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) {
    const start = at + 1;
    at = endOfString(text, at);
    if (isShort(text, start, at) && strings.add(text, start, at) > most) return true;
  }
  return false;
}

/** Whether a string has no more than {@link shortString} characters, of which each may be written as an escape of up to six. */
function isShort(text: string, start: number, end: number): boolean {
  if (end - start > 6 * shortString) return false;
  let length = 0;
  for (let at = start; at < end; at += 1, length += 1) {
    if (text.charCodeAt(at) === backslash) at += text.charAt(at + 1) === 'u' ? 5 : 1;
  }
  return length <= shortString;
}

/** FNV-1a, with the upper bits mixed into the lower ones. */
function hashOf(text: string, start: number, end: number, bits: number): number {
  let hash = hashBasis;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193);
  return ((hash ^ (hash >>> bits)) & (2 ** bits - 1)) >>> 0;
}

/** @returns the position of the quote that ends a string; the length of the text if it does not end */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (first - 1 > start && text.charCodeAt(first - 1) === backslash) first -= 1;
    if ((end - first) % 2 === 0) return end;
  }
  return text.length;
}
