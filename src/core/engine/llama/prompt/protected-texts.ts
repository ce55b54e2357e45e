import { literally } from './patterns.js';
import type { TracedText } from './special-tokens.js';

interface Node {
  readonly children: Map<number, Node>;
  isEnd: boolean;
}

/** Characters that templates may treat specially: white space is trimmed, the others are escaped. */
const untouchable = /[\s"'\\\p{Cc}\p{Cs}]/u;

/** The names of special tokens that content may not produce, and where they, or parts of them, are in a text. */
export class ProtectedTexts {
  /** All characters of names that can be replaced. */
  readonly alphabet: ReadonlySet<string>;
  readonly #longest: number;
  readonly #all: string;
  readonly #edges: RegExp;
  readonly #forwards = newNode();
  readonly #backwards = newNode();

  constructor(names: readonly string[]) {
    this.#longest = Math.max(0, ...names.map((name) => name.length));
    this.#all = names.join('\n');
    const replaceable = names.map(replaceableIn);
    this.alphabet = new Set(replaceable.flat());
    const edges = new Set(replaceable.flatMap((characters) => [characters.at(0) ?? '', characters.at(-1) ?? '']));
    this.#edges = new RegExp([...edges].map(literally).join('|') || '(?!)', 'u');
    for (const name of names) {
      add(this.#forwards, codeUnitsOf(name));
      add(this.#backwards, codeUnitsOf(name).reverse());
    }
  }

  /** Whether a text is, or is inside, one of the names. */
  contain(text: string): boolean {
    return text.length <= this.#longest && this.#all.includes(text);
  }

  /** Whether there is a whole name in a text. */
  isIn(text: string): boolean {
    let isFound = false;
    this.visitNames(text, () => (isFound = true));
    return isFound;
  }

  /** Whether a name, together with other text, could use any part of this text. */
  canUse(text: string): boolean {
    if (this.#edges.test(text)) return true;
    const trimmed = text.trim();
    return trimmed !== '' && this.contain(trimmed);
  }

  /** Whether a text has any character that can be replaced. */
  shareCharacters(text: string): boolean {
    for (let at = 0; at < text.length; at += 1) if (this.alphabet.has(text.charAt(at))) return true;
    return false;
  }

  /** Whether two texts contain the same names, in the same order, apart from names that come from content. */
  areEqualIn(a: TracedText, b: TracedText): boolean {
    return this.#outsideContent(a).join('\n') === this.#outsideContent(b).join('\n');
  }

  #outsideContent({ text, fromContent }: TracedText): readonly string[] {
    const found: string[] = [];
    for (let start = 0; start < text.length; start += 1) {
      let node: Node | undefined = this.#forwards;
      for (let at = start; at < text.length && fromContent?.[at] !== 1; at += 1) {
        node = node.children.get(text.charCodeAt(at));
        if (node === undefined) break;
        if (node.isEnd) found.push(text.slice(start, at + 1));
      }
    }
    return found;
  }

  /** Visits the first and the last replaceable character of every name in a text. */
  visitNames(text: string, visit: Visit): void {
    for (let start = 0; start < text.length; start += 1) {
      let node = this.#forwards.children.get(text.charCodeAt(start));
      for (let end = start + 1; node !== undefined && end <= text.length; end += 1) {
        if (node.isEnd) {
          this.#visitFirst(text, start, end, visit);
          this.#visitLast(text, start, end, visit);
        }
        node = node.children.get(text.charCodeAt(end));
      }
    }
  }

  /**
   * Visits a character of each beginning of a name with which a text ends, and of each end of a name with which it
   * begins. White space around the text may be trimmed.
   */
  visitEdges(text: string, visit: Visit): void {
    const end = text.trimEnd().length;
    const start = text.length - text.trimStart().length;
    for (const to of new Set([text.length, end])) this.#visitBeginningsBefore(text, to, visit);
    for (const from of new Set([0, start])) this.#visitEndsAfter(text, from, visit);
  }

  #visitBeginningsBefore(text: string, end: number, visit: Visit): void {
    for (let start = Math.max(0, end - this.#longest); start < end; start += 1) {
      let node: Node | undefined = this.#forwards;
      for (let at = start; at < end && node !== undefined; at += 1) node = node.children.get(text.charCodeAt(at));
      if (node !== undefined) this.#visitFirst(text, start, end, visit);
    }
  }

  #visitEndsAfter(text: string, start: number, visit: Visit): void {
    for (let end = Math.min(text.length, start + this.#longest); end > start; end -= 1) {
      let node: Node | undefined = this.#backwards;
      for (let at = end - 1; at >= start && node !== undefined; at -= 1) node = node.children.get(text.charCodeAt(at));
      if (node !== undefined) this.#visitLast(text, start, end, visit);
    }
  }

  #visitFirst(text: string, start: number, end: number, visit: Visit): void {
    let at = start;
    while (at < end && !this.alphabet.has(text.charAt(at))) at += 1;
    if (at < end) visit(at);
  }

  #visitLast(text: string, start: number, end: number, visit: Visit): void {
    let at = end - 1;
    while (at >= start && !this.alphabet.has(text.charAt(at))) at -= 1;
    if (at >= start) visit(at);
  }
}

type Visit = (at: number) => void;

/**
 * The characters of a name that can be replaced. If there are none, it has to be the first character, whatever that is.
 */
function replaceableIn(name: string): string[] {
  const characters = Array.from(name).filter((character) => character.length === 1 && !untouchable.test(character));
  return characters.length > 0 ? characters : [name.charAt(0)];
}

function newNode(): Node {
  return { children: new Map(), isEnd: false };
}

function codeUnitsOf(text: string): number[] {
  return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}

function add(root: Node, characters: readonly number[]): void {
  let node = root;
  for (const character of characters) {
    let child = node.children.get(character);
    if (child === undefined) {
      child = newNode();
      node.children.set(character, child);
    }
    node = child;
  }
  node.isEnd = true;
}
