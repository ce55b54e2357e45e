import type { Token } from '../../engine.js';
import { FreePlaces, noPlaces, type Places } from './cut-places.js';
import { type SpecialToken, SpecialTokens } from './special-tokens.js';

/** How a vocabulary spells its tokens and cuts text into them; null for a kind about which nothing is assumed here. */
export type Spelling =
  /** BPE over bytes: each byte is written as one character, as in GPT-2. */
  | 'bytes'
  /** SentencePiece, or BPE over characters: as in the text, but `▁` for a space; other bytes as `<0x0A>`. */
  | 'characters';

/** A token as the vocabulary has it. */
export interface VocabularyEntry {
  readonly token: Token;
  /** In the vocabulary's own spelling. */
  readonly text: string;
  /** Null for ordinary tokens. */
  readonly special: Pick<SpecialToken, 'type' | 'strips'> | null;
}

/** Provides tokens one by one, because a vocabulary may have 250,000 of them. */
export interface VocabularySource {
  readonly spelling: Spelling | null;
  entries(): Iterable<VocabularyEntry>;
}

/** What the tokens of a vocabulary have in common. Read once, when first needed: 0.03 to 0.3 s for 50,000 to 260,000. */
export interface Vocabulary {
  readonly specials: SpecialTokens;
  /**
   * By byte, its share of a token: 1 ÷ the length in bytes of the longest token that contains it, so that the shares of
   * each token's bytes add up to 1 at most. 0 if the byte need not be in any token.
   */
  readonly shares: Float64Array;
  /** Whether text can be cut between a letter and a space without changing its tokens: no token contains both. */
  readonly cutsBeforeSpaces: boolean;
  /** The same for a digit (0 to 9) and a space; false without {@link cutsBeforeSpaces}. */
  readonly cutsAfterDigits: boolean;
  /** Other places at which text can be cut, because no token contains them; none without {@link cutsBeforeSpaces}. */
  readonly places: Places;
}

const printableBytes = 188;

function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
}

/**
 * GPT-2 writes printable Latin-1 bytes as themselves, and the others, in order, as the characters from U+0100 on.
 *
 * Source: `bytes_to_unicode` in openai/gpt-2, encoder.py.
 */
const byteOfSpelling = new Map(
  Array.from({ length: 256 }, (_, byte) => byte)
    .sort((a, b) => Number(isPrintable(b)) - Number(isPrintable(a)) || a - b)
    .map((byte, index) => [String.fromCharCode(isPrintable(byte) ? byte : 0x100 + index - printableBytes), byte]),
);

export function readVocabulary(source: VocabularySource): Vocabulary {
  const { spelling } = source;
  const special: SpecialToken[] = [];
  const longestWith = new Uint32Array(256);
  const alone = new Uint8Array(256);
  let cutsBeforeSpaces = spelling !== null;
  let cutsAfterDigits = spelling !== null;
  const free = new FreePlaces();
  for (const { token, text, special: kind } of source.entries()) {
    if (kind !== null) special.push({ token, text, ...kind });
    if (spelling === null) continue;
    const bytes = kind === null ? bytesOf(text, spelling) : utf8(text);
    for (const byte of bytes) longestWith[byte] = Math.max(longestWith[byte] ?? 0, bytes.length);
    if (bytes.length === 1) alone[bytes[0] ?? 0] = 1;
    if (cutsBeforeSpaces && hasLetterBeforeSpace(text, spelling)) cutsBeforeSpaces = false;
    if (cutsAfterDigits && /[0-9][\u0120▁]/.test(text)) cutsAfterDigits = false;
    if (kind === null && mayContainPlaces.test(text)) free.add(Buffer.from(bytes).toString());
  }
  const specials = new SpecialTokens(special);
  // A byte without a token of its own, and white space beside some special tokens, may be dropped.
  const shares = Float64Array.from(longestWith, (length, byte) => (alone[byte] === 1 ? 1 / length : 0));
  return {
    specials,
    shares: specials.canStrip ? new Float64Array(256) : shares,
    cutsBeforeSpaces,
    cutsAfterDigits: cutsBeforeSpaces && cutsAfterDigits,
    places: cutsBeforeSpaces ? free.places : noPlaces,
  };
}

/** A lower bound of the number of tokens in a text; 0 if nothing is known of this vocabulary. */
export function leastTokens(text: string, { shares }: Vocabulary): number {
  const bytes = Buffer.from(text);
  let sum = 0;
  // An iterator takes 25 ms for a megabyte, this 2.
  for (let at = 0; at < bytes.length; at += 1) sum += shares[bytes.readUInt8(at)] ?? 0;
  return Math.floor(sum);
}

/** The bytes of text that an ordinary token stands for. */
export function bytesOf(text: string, spelling: Spelling): Uint8Array {
  switch (spelling) {
    case 'bytes': {
      const bytes = Array.from(text, (character) => byteOfSpelling.get(character));
      return bytes.every((byte) => byte !== undefined) ? Uint8Array.from(bytes) : utf8(text);
    }
    case 'characters': {
      const byte = text.length === 6 ? /^<0x([0-9A-F]{2})>$/.exec(text)?.[1] : undefined;
      return byte === undefined ? utf8(text.replaceAll('▁', ' ')) : Uint8Array.of(Number.parseInt(byte, 16));
    }
  }
}

const encoder = new TextEncoder();

function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * In either spelling: an ASCII character that is not a letter after anything else, or a newline before a letter. Most
 * tokens are words, which need not be examined more closely.
 */
const mayContainPlaces = /[A-Za-z\u00a1-\uffff][!-@[-`{-~]|[\n\u010a][A-Za-z\u00a1-\uffff]/;

function hasLetterBeforeSpace(text: string, spelling: Spelling): boolean {
  switch (spelling) {
    case 'bytes':
      return /[A-Za-z\u00a1-\u00ff\u0122-\u0143]\u0120/.test(text);
    case 'characters':
      return text.lastIndexOf('▁') > 0 && /[\p{L}\p{M}]▁/u.test(text);
  }
}
