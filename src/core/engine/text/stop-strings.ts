/** The result of scanning a piece of text. */
export interface StopScan {
  /** Text that is certain: it precedes any stop string and cannot be the beginning of one. May be empty. */
  readonly text: string;
  /** Whether a stop string was found. It and everything after it are dropped, and the scan is over. */
  readonly stopped: boolean;
}

interface Pattern {
  readonly text: string;
  /** By matched length: the longest proper prefix that is also a suffix (Knuth, Morris, Pratt 1977). */
  readonly fallback: readonly number[];
  /** Characters of the pattern that the scanned text ends with. */
  matched: number;
}

/**
 * Looks for stop strings in text that arrives in pieces, and holds back the end of the text if it may be the beginning
 * of one. The stop string that is complete first wins; of several that end at the same place, the one that begins first.
 * So the result does not depend on how the text was cut.
 *
 * Every character is looked at once per stop string, however often the text comes close to one. Searching the held text
 * again for each piece would be quadratic.
 */
export class StopStrings {
  readonly #patterns: readonly Pattern[];
  #held = '';
  #found: string | null = null;

  /** @param stops empty strings are ignored, because they would match everywhere */
  constructor(stops: readonly string[]) {
    this.#patterns = stops
      .filter((text) => text !== '')
      .map((text) => ({ text, fallback: fallbackTable(text), matched: 0 }));
  }

  /** The stop string that was found; null if none was. */
  get found(): string | null {
    return this.#found;
  }

  /** Takes the next piece of the text. Must not be called again after it has stopped. */
  push(piece: string): StopScan {
    if (this.#patterns.length === 0) return { text: piece, stopped: false };

    const text = this.#held + piece;
    for (let end = this.#held.length; end < text.length;) {
      const longestMatch = this.#advance(text.charCodeAt(end++));
      if (longestMatch > 0) {
        this.#held = '';
        this.#found = text.slice(end - longestMatch, end);
        return { text: text.slice(0, end - longestMatch), stopped: true };
      }
    }
    const certain = text.length - this.#longestBeginning();
    this.#held = text.slice(certain);
    return { text: text.slice(0, certain), stopped: false };
  }

  /** Ends the text. @returns what was held back, which is not a stop string after all */
  flush(): string {
    const held = this.#held;
    this.#held = '';
    for (const pattern of this.#patterns) pattern.matched = 0;
    return held;
  }

  /** @returns the length of the longest stop string that ends with this character; 0 for none */
  #advance(character: number): number {
    let longest = 0;
    for (const pattern of this.#patterns) {
      const { text, fallback } = pattern;
      let matched = pattern.matched;
      while (matched > 0 && text.charCodeAt(matched) !== character) matched = fallback[matched] ?? 0;
      if (text.charCodeAt(matched) === character) matched++;
      pattern.matched = matched;
      if (matched === text.length) longest = Math.max(longest, matched);
    }
    return longest;
  }

  #longestBeginning(): number {
    let longest = 0;
    for (const { matched } of this.#patterns) longest = Math.max(longest, matched);
    return longest;
  }
}

function fallbackTable(text: string): number[] {
  const fallback = [0, 0];
  let length = 0;
  for (let end = 1; end < text.length; end++) {
    while (length > 0 && text[length] !== text[end]) length = fallback[length] ?? 0;
    if (text[length] === text[end]) length++;
    fallback.push(length);
  }
  return fallback;
}
