import { literally } from './patterns.js';

/** ASCII digits and punctuation, but not the apostrophe, because some tokenizers continue a word with it. */
const candidates = '0123456789!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~';

/** A letter, or a part of a character that may be one. */
const letter = String.raw`[\p{L}\p{M}\ufffd]`;
const candidate = `[${literally(candidates).replace('-', String.raw`\-`)}]`;
const candidateBehindLetter = new RegExp(`(?<=${letter})${candidate}`, 'gu');
const letterBehindNewline = new RegExp(`\\n${letter}`, 'u');

/** Places between two characters that one token may contain together. */
export interface Places {
  /** Digits and punctuation that no token contains behind a letter. */
  readonly behindLetters: string;
  /** Whether no token contains a letter behind a newline. */
  readonly behindNewlines: boolean;
}

/** Nothing is known about the tokens. */
export const noPlaces: Places = { behindLetters: '', behindNewlines: false };

/** Finds the {@link Places} that no token of a vocabulary contains. */
export class FreePlaces {
  readonly #behindLetters = new Set(candidates);
  #behindNewlines = true;

  /** @param text of a token, in which U+FFFD stands for parts of characters */
  add(text: string): void {
    for (const [character] of text.matchAll(candidateBehindLetter)) this.#behindLetters.delete(character);
    if (letterBehindNewline.test(text)) this.#behindNewlines = false;
  }

  get places(): Places {
    return { behindLetters: [...this.#behindLetters].join(''), behindNewlines: this.#behindNewlines };
  }
}

/**
 * Matches, with zero width, where a text can be cut.
 *
 * @param places that no token contains
 * @param behindDigits whether that is also so for a digit and a space
 */
export function cutPattern({ behindLetters, behindNewlines }: Places, behindDigits: boolean): RegExp {
  const inWord = behindDigits ? String.raw`[\p{L}0-9]` : String.raw`\p{L}`;
  const patterns = [
    // The next characters first, because they are faster to rule out.
    `(?= ${inWord})(?<=${inWord})`,
    ...(behindLetters === '' ? [] : [String.raw`(?=[${literally(behindLetters).replace('-', '\\-')}])(?<=\p{L})`]),
    ...(behindNewlines ? [String.raw`(?<=\S\n)(?=\p{L})`] : []),
  ];
  return new RegExp(patterns.join('|'), 'gu');
}
