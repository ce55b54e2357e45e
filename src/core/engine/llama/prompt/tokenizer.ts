import { contextLengthError } from '../../../base/refusals/refusals.js';
import type { ChatMessage, Token } from '../../engine.js';
import { cutPattern, noPlaces } from './cut-places.js';
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

/** The room for a text. A text that is certain to need more is refused before it is tokenised to the end. */
export interface TokenLimit {
  readonly contextLength: number;
  /** The part of the request that the text comes from. */
  readonly param: string;
}

/** Number of code units up to which a text is tokenised in any case, so that an error can state its exact length. */
const longText = 65_536;

/** Code units from which on text that cannot be cut is tokenised elsewhere, if it can be: it takes about 1 µs for each. */
const longPart = 32_768;

/** Tokenises a part of a text as {@link Tokenizer.read} does, where nothing waits for it. Null if that is impossible now. */
export type ReadElsewhere = (part: Part, signal?: AbortSignal) => Promise<Uint32Array | null>;

/** Tokens between two looks at the clock. */
const stride = 8192;

/** Code units of texts whose tokens are kept, and how many of these texts. */
const longestKept = 32;
const mostKept = 1024;

/**
 * Tokenises text like llama.cpp, but in linear time and in small steps: special tokens are found here, and the text
 * between them goes to the model's tokenizer in pieces.
 */
export class Tokenizer {
  readonly #source: VocabularySource;
  readonly #native: TextTokenizer;
  readonly #readElsewhere: ReadElsewhere | null;
  #vocabulary: Vocabulary | null = null;
  #cutPattern: RegExp | null = null;
  #special: ReadonlySet<Token> = new Set();
  readonly #known = new Map<string, readonly Token[]>();

  /** @param readElsewhere takes long parts; without it, they are tokenised here */
  constructor(source: VocabularySource, native: TextTokenizer, readElsewhere: ReadElsewhere | null = null) {
    this.#source = source;
    this.#native = native;
    this.#readElsewhere = readElsewhere;
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
      else if (this.#readElsewhere !== null && part.text.length > longPart) {
        const read = await this.#readElsewhere(part, signal);
        await append(tokens, read ?? Uint32Array.from(this.read(part)), pacer);
      } else for (const token of this.#plain(part)) tokens.push(token);
      if (!pacer.isDue) continue;
      assertBelow(bound, tokens.length);
      await pacer.rest();
    }
    return tokens;
  }

  /**
   * Refuses a chat before it is rendered, which takes up to 0.1 ms per message without a break. Answers count as one
   * token each, because templates leave out the thoughts in earlier ones.
   *
   * @param around the minimum that the template puts around each message: see {@link tokensAroundMessage}
   * @throws ChatstreamError `context_length_exceeded` for so many or such long messages that their contents alone
   *   cannot fit
   */
  assertContentsFit(messages: readonly ChatMessage[], limit: TokenLimit, around = 0): void {
    const texts = messages.map(({ role, content }) => (role === 'assistant' ? '' : content));
    const length = texts.reduce((sum, text) => sum + text.length, 0);
    if (messages.length * (1 + around) < limit.contextLength && length <= longText) return;
    const framed = messages.filter(({ role, content }) => content !== '' && (role === 'user' || role === 'assistant'));
    assertBelow(
      limit,
      texts.reduce((sum, text) => sum + Math.max(1, leastTokens(text, this.vocabulary)), framed.length * around),
    );
  }

  *#parts(pieces: readonly Piece[]): Generator<Token | Part> {
    for (const piece of pieces) {
      if (typeof piece === 'number') yield piece;
      else {
        for (const [index, text] of this.#withoutProtected(piece).entries()) yield* this.#cut(text, index > 0);
      }
    }
  }

  *#cut(text: string, isContinued: boolean): Generator<Part> {
    if (!this.vocabulary.cutsBeforeSpaces) {
      yield { text, isContinued };
      return;
    }
    const parts = cut(text, {
      mayCutRun: (character) => character === ' ' || !this.#native.addsSpace,
      places: this.#placesToCut,
    });
    for (const part of parts) yield { ...part, isContinued: isContinued || part.isContinued };
  }

  /** A text that continues with anything but a space can only be read if the tokenizer puts none before it. */
  get #placesToCut(): RegExp {
    const { places, cutsAfterDigits } = this.vocabulary;
    this.#cutPattern ??= cutPattern(this.#native.addsSpace ? noPlaces : places, cutsAfterDigits);
    return this.#cutPattern;
  }

  /**
   * The tokens of text without special tokens that count. Those of short texts are cached, because the parts of a
   * template, such as roles, come again in every message.
   */
  #plain(part: Part): readonly Token[] {
    if (part.isContinued || part.text.length > longestKept) return this.read(part);
    const known = this.#known.get(part.text);
    if (known !== undefined) return known;
    const tokens = this.read(part);
    if (this.#known.size >= mostKept) this.#known.clear();
    this.#known.set(part.text, tokens);
    return tokens;
  }

  /** The tokens of text in which no special token counts. Nothing else is done meanwhile. */
  read({ text, isContinued }: Part): readonly Token[] {
    const { specials } = this.vocabulary;
    const tokens = this.#readAsIs(text, isContinued);
    // Some tokenizers join pieces of text to whatever the vocabulary has, control tokens included.
    if (!tokens.some((token) => this.#special.has(token))) return tokens;
    const pieces = apart(text, specials.protectedTexts);
    return pieces.flatMap((piece, index) =>
      this.#readAsIs(piece, isContinued || index > 0).filter((token) => !this.#special.has(token)),
    );
  }

  /** Without the space that some tokenizers put before each text, if this one continues. */
  #readAsIs(text: string, isContinued: boolean): readonly Token[] {
    if (!isContinued || !this.#native.addsSpace) return this.#native.tokenize(text);
    if (text.startsWith(' ') && text.length > 1) return this.#native.tokenize(text.slice(1));
    // After a newline, there is no such space. The newline shares no token with what follows; otherwise nothing is
    // gained.
    const newline = this.#native.tokenize('\n');
    const tokens = this.#native.tokenize(`\n${text}`);
    const isApart = newline.every((token, index) => tokens[index] === token);
    return isApart ? tokens.slice(newline.length) : this.#native.tokenize(text);
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

/** A megabyte of text has up to a million of them. */
async function append(tokens: Token[], more: Uint32Array, pacer: Pacer): Promise<void> {
  for (const [index, token] of more.entries()) {
    if (index % stride === 0 && pacer.isDue) await pacer.rest();
    tokens.push(token);
  }
}

/** @param least tokens that the text has at least */
function assertBelow(limit: TokenLimit | null, least: number): void {
  if (limit === null || least < limit.contextLength) return;
  throw contextLengthError({ atLeast: least }, limit.contextLength, limit.param);
}
