import { ChatstreamError } from '../../../base/errors.js';
import type { TracedText } from './special-tokens.js';

/** A mark, also as JSON writes it in ASCII. */
const markPattern = /[\uE000-\uF8FF]|\\u(?:e[0-9a-f]|f[0-8])[0-9a-f]{2}/g;

const firstMark = 0xe000;
const lastMark = 0xf8ff;

/** The private-use characters in texts, which cannot be marks. */
export function usedMarks(texts: readonly string[]): Set<number> {
  return new Set(texts.flatMap((text) => text.match(markPattern) ?? []).map(codeOf));
}

function codeOf(written: string): number {
  return written.length === 1 ? written.charCodeAt(0) : Number.parseInt(written.slice(2), 16);
}

/** A private-use character for each of some characters, and one more. Marks sort like their characters. */
export class MarkSet {
  readonly unused: string;
  /** By UTF-16 code unit; 0 where there is none. */
  readonly #markOf = new Uint16Array(0x10000);
  readonly #characterOf = new Uint16Array(0x10000);

  /** @throws ChatstreamError `invalid_request` if too few are left */
  constructor(characters: ReadonlySet<string>, used: ReadonlySet<number>) {
    let mark = firstMark - 1;
    const next = (): number => {
      do mark += 1;
      while (used.has(mark));
      if (mark > lastMark) throw tooManyUsed();
      return mark;
    };
    this.unused = String.fromCharCode(next());
    for (const character of [...characters].sort()) {
      const code = character.charCodeAt(0);
      const own = next();
      this.#markOf[code] = own;
      this.#characterOf[own] = code;
    }
  }

  /** The mark of a UTF-16 code unit; 0 if it has none. */
  of(code: number): number {
    return this.#markOf[code] ?? 0;
  }

  /** The text with its own characters, and which of them were marked. */
  read(marked: string): TracedText {
    if (marked.includes(String.raw`\u`)) return this.#readWithEscapes(marked);
    const codes = new Uint16Array(marked.length);
    const fromContent = new Uint8Array(marked.length);
    for (let at = 0; at < marked.length; at += 1) {
      const code = marked.charCodeAt(at);
      const character = this.#characterOf[code] ?? 0;
      codes[at] = character === 0 ? code : character;
      if (character !== 0) fromContent[at] = 1;
    }
    return { text: textOf(codes), fromContent };
  }

  #readWithEscapes(marked: string): TracedText {
    const positions: number[] = [];
    let shift = 0;
    const text = marked.replace(markPattern, (written, position: number) => {
      const character = this.#characterOf[codeOf(written)] ?? 0;
      if (character === 0) return written;
      positions.push(position - shift);
      shift += written.length - 1;
      return String.fromCharCode(character);
    });
    const fromContent = new Uint8Array(text.length);
    for (const position of positions) fromContent[position] = 1;
    return { text, fromContent };
  }
}

/** A text in which characters are replaced by marks. */
export class MarkedString {
  readonly #codes: Uint16Array;
  readonly #marks: MarkSet;

  constructor(text: string, marks: MarkSet) {
    this.#codes = new Uint16Array(text.length);
    for (let at = 0; at < text.length; at += 1) this.#codes[at] = text.charCodeAt(at);
    this.#marks = marks;
  }

  mark(at: number): void {
    const mark = this.#marks.of(this.#codes[at] ?? 0);
    if (mark !== 0) this.#codes[at] = mark;
  }

  markAll(from: number, to: number): void {
    for (let at = from; at < to; at += 1) this.mark(at);
  }

  toString(): string {
    return textOf(this.#codes);
  }
}

/** Every platform that llama.cpp is built for stores the lower byte first. */
function textOf(codes: Uint16Array): string {
  return Buffer.from(codes.buffer, codes.byteOffset, codes.byteLength).toString('utf16le');
}

function tooManyUsed(): ChatstreamError {
  return new ChatstreamError('invalid_request', 'The messages use too many different private-use characters.', {
    param: 'messages',
    hint: 'Leave some of U+E000 to U+F8FF unused: they tell content from the marks of the chat template.',
  });
}
