import { contextLengthError } from '../../../base/refusals.js';
import type { Token } from '../../engine.js';
import { Pacer } from './pacer.js';
import { partition, type Piece } from './partition.js';
import type { TracedText } from './special-tokens.js';
import { apart, cut, type Part } from './text-cuts.js';
import { leastTokens, readVocabulary, type Vocabulary, type VocabularySource } from './vocabulary.js';

/** A model's own tokenizer, for text without special tokens. */
export interface TextTokenizer {
  /** Names of control tokens are plain text. */
  tokenize(text: string): readonly Token[];
  /** Whether it puts a space before each text. */
  readonly addsSpace: boolean;
}

/** What a text may take; a text that is sure to take more is refused before it is tokenised to the end. */
export interface TokenLimit {
  readonly contextLength: number;
  /** The part of the request that the text comes from. */
  readonly param: string;
}

/** Code units up to which a text is tokenised in any case, so that an error can say exactly how long it is. */
const longText = 65_536;

/** Code units of texts whose tokens are kept, and how many of these texts. */
const longestKept = 32;
const mostKept = 1024;

/**
 * Tokenises text as llama.cpp does, but in linear time and in small steps: special tokens are found here, and the text
 * between them goes to the model's tokenizer in pieces.
 */
export class Tokenizer {
  readonly #source: VocabularySource;
  readonly #native: TextTokenizer;
  #vocabulary: Vocabulary | null = null;
  #special: ReadonlySet<Token> = new Set();
  readonly #known = new Map<string, readonly Token[]>();

  constructor(source: VocabularySource, native: TextTokenizer) {
    this.#source = source;
    this.#native = native;
  }

  get vocabulary(): Vocabulary {
    if (this.#vocabulary === null) {
      this.#vocabulary = readVocabulary(this.#source);
      const control = this.#vocabulary.specials.ranked.filter(({ type }) => type === 'control');
      this.#special = new Set(control.map(({ token }) => token));
    }
    return this.#vocabulary;
  }

  /**
   * @param options.control whether the names of control tokens become these tokens
   * @param signal aborted when the tokens are no longer needed; its reason is thrown
   * @throws ChatstreamError `context_length_exceeded` for a long text that cannot fit
   */
  async tokenize(
    source: TracedText,
    options: { readonly control: boolean },
    limit: TokenLimit | null,
    signal?: AbortSignal,
  ): Promise<readonly Token[]> {
    const { vocabulary } = this;
    const bound = limit !== null && source.text.length > longText ? limit : null;
    assertBelow(bound, bound === null ? 0 : leastTokens(source.text, vocabulary));
    const pacer = new Pacer(signal);
    const pieces = await partition(source, vocabulary.specials, options, pacer);
    const tokens: Token[] = [];
    for (const part of this.#parts(pieces)) {
      if (typeof part === 'number') tokens.push(part);
      else for (const token of this.#plain(part)) tokens.push(token);
      if (!pacer.isDue) continue;
      assertBelow(bound, tokens.length);
      await pacer.rest();
    }
    return tokens;
  }

  *#parts(pieces: readonly Piece[]): Generator<Token | Part> {
    for (const piece of pieces) {
      if (typeof piece === 'number') yield piece;
      else for (const text of this.#withoutProtected(piece)) yield* this.#cut(text);
    }
  }

  #cut(text: string): Iterable<Part> {
    if (!this.vocabulary.cutsBeforeSpaces) return [{ text, isContinued: false }];
    return cut(text, (character) => character === ' ' || !this.#native.addsSpace);
  }

  /**
   * The tokens of text in which there are no special tokens that count. Those of short texts are kept: the parts of a
   * template, such as roles, come again in every message.
   */
  #plain(part: Part): readonly Token[] {
    if (part.isContinued || part.text.length > longestKept) return this.#read(part);
    const known = this.#known.get(part.text);
    if (known !== undefined) return known;
    const tokens = this.#read(part);
    if (this.#known.size >= mostKept) this.#known.clear();
    this.#known.set(part.text, tokens);
    return tokens;
  }

  #read({ text, isContinued }: Part): readonly Token[] {
    // A text that goes on begins with a space, which a tokenizer that puts a space before each text adds itself.
    const own = isContinued && this.#native.addsSpace ? text.slice(1) : text;
    const tokens = this.#native.tokenize(own);
    // Some tokenizers join pieces of text to whatever the vocabulary has, control tokens included.
    if (!tokens.some((token) => this.#special.has(token))) return tokens;
    const pieces = apart(own, this.vocabulary.specials.protectedTexts);
    return pieces.flatMap((piece) => this.#native.tokenize(piece).filter((token) => !this.#special.has(token)));
  }

  /**
   * llama.cpp's tokenizer finds user-defined tokens in any text. Those that content may not produce are taken apart for
   * it, after their first character.
   */
  #withoutProtected(text: string): readonly string[] {
    const { protectedUserDefined } = this.vocabulary.specials;
    return protectedUserDefined.length === 0 ? [text] : apart(text, protectedUserDefined);
  }
}

/** @param least tokens that the text has at least */
function assertBelow(limit: TokenLimit | null, least: number): void {
  if (limit === null || least < limit.contextLength) return;
  throw contextLengthError({ atLeast: least }, limit.contextLength, limit.param);
}
