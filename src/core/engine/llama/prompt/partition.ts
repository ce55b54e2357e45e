import type { Token } from '../../engine.js';
import type { Pacer } from './pacer.js';
import type { RankedToken, SpecialTokens, TracedText } from './special-tokens.js';

/** A part of a prompt: a special token, or text without any. */
export type Piece = Token | string;

/** Positions between two checks of the clock. */
const stride = 8192;

const whiteSpace = new Set(' \t\n\v\f\r');

/**
 * Divides a text into special tokens and the text between them, as llama.cpp does: the longest token is looked for in
 * the whole text, from left to right, then the next longest in the rest. llama.cpp copies the rest of the text for each
 * token that it finds, which takes minutes for a megabyte of them; this takes time linear in the text.
 *
 * A token that clients may not write is found only where none of its characters come from content.
 *
 * @param options.control whether control tokens are looked for; user-defined ones always are
 */
export async function partition(
  { text, fromContent }: TracedText,
  specials: SpecialTokens,
  { control }: { readonly control: boolean },
  pacer: Pacer,
): Promise<Piece[]> {
  const counting = { control, fromContent };
  const candidates = new Candidates();
  for (let position = 0; position < text.length; position += 1) {
    if (position % stride === 0 && pacer.isDue) await pacer.rest();
    if (!specials.beginsWith(text.charCodeAt(position))) continue;
    const token = specials.longestAt(text, position, text.length, counting);
    if (token !== null) candidates.add(token, position);
  }
  if (candidates.isEmpty) return text === '' ? [] : [text];

  const claimed = new Claims(text);
  for (let batch = candidates.takeLongest(); batch !== null; batch = candidates.takeLongest()) {
    for (const [index, { token, position }] of batch.entries()) {
      if (index % stride === 0 && pacer.isDue) await pacer.rest();
      const end = claimed.freeUntil(position, position + token.text.length);
      if (end === position + token.text.length) {
        claimed.claim(token, position);
      } else if (end > position) {
        // The token that begins here is cut off by a longer one; a shorter one may still fit.
        const shorter = specials.longestAt(text, position, end, counting);
        if (shorter !== null) candidates.add(shorter, position);
      }
    }
  }
  return await claimed.pieces(pacer);
}

interface Candidate {
  readonly token: RankedToken;
  readonly position: number;
}

/** Where special tokens may be, at most one per position, by the length of the token in bytes. */
class Candidates {
  readonly #byLength = new Map<number, Candidate[]>();

  get isEmpty(): boolean {
    return this.#byLength.size === 0;
  }

  add(token: RankedToken, position: number): void {
    const sameLength = this.#byLength.get(token.bytes);
    if (sameLength === undefined) this.#byLength.set(token.bytes, [{ token, position }]);
    else sameLength.push({ token, position });
  }

  /** Those of the greatest length, token by token and each from left to right; null if there are none left. */
  takeLongest(): readonly Candidate[] | null {
    if (this.isEmpty) return null;
    const length = Math.max(...this.#byLength.keys());
    const longest = this.#byLength.get(length) ?? [];
    this.#byLength.delete(length);
    return longest.sort((a, b) => a.token.rank - b.token.rank || a.position - b.position);
  }
}

const free = 0;
const taken = 1;
/** White space beside a token that drops it. */
const dropped = 2;

/** What has been found in a text. */
class Claims {
  readonly #text: string;
  readonly #states: Uint8Array;
  readonly #tokens = new Map<number, RankedToken>();

  constructor(text: string) {
    this.#text = text;
    this.#states = new Uint8Array(text.length);
  }

  /** Where the free text from a position on ends, at most at `end`; the position itself if it is not free. */
  freeUntil(position: number, end: number): number {
    let at = position;
    while (at < end && this.#states[at] === free) at += 1;
    return at;
  }

  claim(token: RankedToken, position: number): void {
    const end = position + token.text.length;
    this.#states.fill(taken, position, end);
    this.#tokens.set(position, token);
    if (token.strips.left) for (let at = position - 1; this.#isFreeSpace(at); at -= 1) this.#states[at] = dropped;
    if (token.strips.right) for (let at = end; this.#isFreeSpace(at); at += 1) this.#states[at] = dropped;
  }

  #isFreeSpace(at: number): boolean {
    return this.#states[at] === free && whiteSpace.has(this.#text.charAt(at));
  }

  async pieces(pacer: Pacer): Promise<Piece[]> {
    const pieces: Piece[] = [];
    let end = 0;
    const found = [...this.#tokens].sort(([a], [b]) => a - b);
    for (const [index, [position, { token, text }]] of found.entries()) {
      if (index % stride === 0 && pacer.isDue) await pacer.rest();
      this.#pushText(pieces, end, position);
      pieces.push(token);
      end = position + text.length;
    }
    this.#pushText(pieces, end, this.#text.length);
    return pieces;
  }

  /** The text between two tokens, without the white space that they drop. */
  #pushText(pieces: Piece[], from: number, to: number): void {
    let [start, end] = [from, to];
    while (start < end && this.#states[start] === dropped) start += 1;
    while (end > start && this.#states[end - 1] === dropped) end -= 1;
    if (end > start) pieces.push(this.#text.slice(start, end));
  }
}
