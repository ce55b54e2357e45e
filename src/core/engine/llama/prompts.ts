import { isUtf8 } from 'node:buffer';
import type { LlamaModel } from 'node-llama-cpp';
import { ChatstreamError } from '../../base/errors.js';
import type { ChatDialect } from '../dialects/templates/chat-dialect.js';
import { endsInThought, stopsInThought } from '../dialects/templates/thoughts.js';
import type { PromptSource, Token } from '../engine.js';
import type { DecodeTokens } from '../text/text-assembler.js';
import { textOfBytes, type TokenLogprob } from '../token-logprob.js';
import type { TokenSpelling } from '../token-spelling.js';
import type { TokenizeOptions } from '../tokenize-options.js';
import { readInputs, withEnds } from './inputs.js';
import { libraryToken, libraryTokens, tokenSpelling } from './library/library.js';
import { tokensAroundMessage } from './prompt/message-cost.js';
import type { Tokenizer, TokenLimit } from './prompt/tokenizer.js';
import { bytesOf } from './prompt/vocabulary.js';
import { Chats, type RendererOf } from './rendering/chats.js';
import type { LongTexts } from './tokenizing/long-texts.js';
import { spellingOf, tokenizerOf } from './tokenizing/model-tokenizer.js';

/** A prompt as the model reads it. */
export interface PreparedPrompt {
  readonly tokens: readonly Token[];
  /** Whether it ends with the beginning of a thought. */
  readonly isThinking: boolean;
  /** For inputs of embeddings: how many tokens belong to each. */
  readonly inputLengths?: readonly number[];
}

/** What takes long and is done somewhere else. */
export interface Elsewhere {
  readonly rendererOf: RendererOf;
  readonly longTexts: LongTexts;
}

/** Translates between text and tokens of one model. */
export class Prompts {
  readonly vocabularySize: number;
  readonly #model: LlamaModel;
  readonly #contextLength: number;
  readonly #chats: Chats;
  readonly #longTexts: LongTexts | null;
  #tokenizer: Tokenizer | null = null;
  #endTokens: readonly Token[] | null = null;
  /** See {@link tokensAroundMessage}; 0 until it was measured. */
  #aroundMessage = 0;

  /**
   * @param contextLength tokens that fit into a slot
   * @param elsewhere chats that may take long are rendered there, and long texts tokenised; without it, that is done here
   * @throws ChatstreamError `model_unreadable` for a model that is not a language model
   */
  constructor(model: LlamaModel, contextLength: number, elsewhere: Elsewhere | null = null) {
    this.#model = model;
    this.#contextLength = contextLength;
    this.#chats = new Chats(model, () => this.#text.vocabulary.specials.protectedTexts, elsewhere?.rendererOf ?? null);
    this.#longTexts = elsewhere?.longTexts ?? null;
    this.vocabularySize = Array.from(model.iterateAllTokens()).length;
    if (this.vocabularySize === 0) {
      throw new ChatstreamError('model_unreadable', 'The model has no vocabulary, so it cannot read or write text.', {
        hint: 'Use a language model; this one may be for images or speech.',
      });
    }
  }

  /** The source of the chat template; null if the model has none. */
  get templateSource(): string | null {
    return this.#chats.source;
  }

  /** How the model writes thoughts and calls of tools. */
  get dialect(): ChatDialect {
    return this.#chats.dialect;
  }

  /** Strings at which answers to chats end besides those that a request names. */
  get chatStop(): readonly string[] {
    return this.#chats.template.stop;
  }

  /**
   * What is wrong with the chat template. Renders plain chats, which also reads the vocabulary and measures the
   * template.
   */
  async problems(): Promise<readonly string[]> {
    const problems = await this.#chats.template.problems();
    this.#aroundMessage = await tokensAroundMessage(async (messages) => {
      const text = await this.#chats.renderHere({ type: 'chat', messages });
      return (await this.#text.tokenize(text, { control: true }, null)).length;
    });
    return problems;
  }

  /**
   * @param signal aborted when the tokens are no longer needed; its reason is thrown
   * @throws ChatstreamError `invalid_request`; `context_length_exceeded` for a long prompt that cannot fit
   */
  async prepare(source: PromptSource, signal?: AbortSignal): Promise<PreparedPrompt> {
    const prompt = await this.#prepared(source, signal);
    if (prompt.tokens.length > 0) return prompt;
    const { bos } = this.#model.tokens;
    if (bos !== null) return { ...prompt, tokens: [bos] };
    throw new ChatstreamError(
      'invalid_request',
      'The prompt is empty, and this model cannot generate without a prompt.',
      {
        param: 'prompt',
      },
    );
  }

  /** Ends what is done somewhere else. */
  stop(): void {
    this.#chats.stop();
    this.#longTexts?.stop();
  }

  async tokenize(text: string, options: TokenizeOptions = {}, signal?: AbortSignal): Promise<readonly Token[]> {
    const { names = false, ends = false } = options;
    const tokens = await this.#text.tokenize({ text, fromContent: null }, { control: names }, null, signal);
    return ends ? withEnds(tokens, this.#model) : tokens;
  }

  /** @throws ChatstreamError `invalid_request` for a number outside the vocabulary */
  detokenize(tokens: readonly Token[]): string {
    this.check(tokens, 'tokens');
    return this.#model.detokenize(libraryTokens(tokens), true);
  }

  /** @throws ChatstreamError `invalid_request` for a number outside the vocabulary */
  spell(tokens: readonly Token[]): readonly TokenSpelling[] {
    this.check(tokens, 'tokens');
    return tokens.map((token) => {
      const { text, bytes } = this.textOfToken(token);
      const isText = bytes === null || isUtf8(Uint8Array.from(bytes));
      return { name: tokenSpelling(this.#model, token), piece: isText ? text : bytes };
    });
  }

  /** The text of output, in which special tokens are left out. */
  readonly decode: DecodeTokens = (tokens, before) =>
    this.#model.detokenize(libraryTokens(tokens), false, libraryTokens(before));

  /** The same, except that special tokens with these names are not left out. */
  decodeWith(marks: readonly string[]): DecodeTokens {
    const shown = new Map(marks.flatMap((mark) => this.#specialToken(mark)));
    if (shown.size === 0) return this.decode;
    return (tokens, before) => {
      if (!tokens.some((token) => shown.has(token))) return this.decode(tokens, before);
      // The text between two marks does not depend on what comes before it.
      let text = '';
      let from = 0;
      for (const [index, token] of tokens.entries()) {
        const mark = shown.get(token);
        if (mark === undefined) continue;
        text += this.#between(tokens.slice(from, index), from === 0 ? before : []) + mark;
        from = index + 1;
      }
      return text + this.#between(tokens.slice(from), []);
    };
  }

  #between(tokens: readonly Token[], before: readonly Token[]): string {
    return tokens.length === 0 ? '' : this.decode(tokens, before);
  }

  /** The control token of this name. Other tokens are part of the text anyway. */
  #specialToken(name: string): readonly (readonly [token: Token, name: string])[] {
    const tokens = this.#model.tokenize(name, true);
    const [token] = tokens;
    const isControl = tokens.length === 1 && token !== undefined && this.#model.getTokenAttributes(token).control;
    return isControl ? [[token, name]] : [];
  }

  /** The tokens of a text that the model did not write itself, with special tokens. */
  tokensOfMark(text: string): readonly Token[] {
    return this.#model.tokenize(text, true);
  }

  /** The bytes of a token, which may be a part of a character; for a special token, its name and null. */
  textOfToken(token: Token): Pick<TokenLogprob, 'text' | 'bytes'> {
    const { control, unknown, userDefined } = this.#model.getTokenAttributes(libraryToken(token));
    const name = tokenSpelling(this.#model, token);
    if (control || unknown) return { text: name, bytes: null };
    const spelling = spellingOf(this.#model);
    if (userDefined) return { text: name, bytes: [...Buffer.from(name)] };
    // In other vocabularies, only whole texts are known.
    const bytes =
      spelling === null ? Buffer.from(this.#model.detokenize([libraryToken(token)])) : bytesOf(name, spelling);
    return { text: textOfBytes([...bytes]), bytes: [...bytes] };
  }

  isEnd(token: Token): boolean {
    return this.#model.isEogToken(libraryToken(token));
  }

  /** All end-of-generation tokens. Searched for once, when first needed: there may be 250,000 tokens. */
  endTokens(): readonly Token[] {
    this.#endTokens ??= [...this.#model.iterateAllTokens()].filter((token) => this.#model.isEogToken(token));
    return this.#endTokens;
  }

  /** @throws ChatstreamError `invalid_request` for a number outside the vocabulary */
  check(tokens: readonly Token[], param: string): void {
    for (const token of tokens) {
      if (Number.isInteger(token) && token >= 0 && token < this.vocabularySize) continue;
      throw new ChatstreamError('invalid_request', `${token} is not a token of this model.`, {
        hint: `Its vocabulary has the tokens 0 to ${this.vocabularySize - 1}.`,
        param,
      });
    }
  }

  async #prepared(source: PromptSource, signal?: AbortSignal): Promise<PreparedPrompt> {
    switch (source.type) {
      case 'chat': {
        this.#text.assertContentsFit(source.messages, this.#limit('messages'), this.#aroundMessage);
        const text = await this.#chats.render(source, signal);
        const tokens = await this.#text.tokenize(text, { control: true }, this.#limit('messages'), signal);
        return { tokens: this.#begun(tokens), isThinking: this.#isInThought(source, text.text) };
      }
      case 'text': {
        const text = { text: source.text, fromContent: null };
        const tokens = await this.#text.tokenize(text, { control: true }, this.#limit('prompt'), signal);
        return { tokens: this.#begun(tokens), isThinking: false };
      }
      case 'tokens':
        this.check(source.tokens, 'prompt');
        return { tokens: source.tokens, isThinking: false };
      case 'infill': {
        const limit = this.#limit('prompt');
        return { tokens: this.#begun(await this.#infill(source, limit, signal)), isThinking: false };
      }
      case 'inputs': {
        const inputs = await readInputs(source.inputs, {
          contextLength: this.#contextLength,
          tokenize: (text, limit) =>
            this.#text.tokenize({ text, fromContent: null }, { control: false }, limit, signal),
          check: (tokens, param) => {
            this.check(tokens, param);
          },
          model: this.#model,
        });
        return { tokens: inputs.flat(), isThinking: false, inputLengths: inputs.map(({ length }) => length) };
      }
    }
  }

  /** In the order in which llama-server writes it; all models know it, and few know another one. */
  async #infill(
    { prefix, suffix }: Extract<PromptSource, { type: 'infill' }>,
    limit: TokenLimit,
    signal?: AbortSignal,
  ): Promise<readonly Token[]> {
    const { prefix: before, suffix: after, middle } = this.#model.tokens.infill;
    if (before === null || after === null || middle === null) throw noInfillError();
    if (typeof prefix !== 'string') this.check(prefix, 'prompt');
    const tokensOf = (text: string): Promise<readonly Token[]> =>
      this.#text.tokenize({ text, fromContent: null }, { control: false }, limit, signal);
    const first = typeof prefix === 'string' ? await tokensOf(prefix) : prefix;
    return [before, ...first, after, ...(await tokensOf(suffix)), middle];
  }

  #isInThought({ messages, ending }: Extract<PromptSource, { type: 'chat' }>, prompt: string): boolean {
    const { thoughts } = this.dialect;
    const isOpen = ending === 'continue' && stopsInThought(messages.at(-1)?.content ?? '', thoughts);
    return isOpen || endsInThought(prompt, thoughts);
  }

  #limit(param: string): TokenLimit {
    return { contextLength: this.#contextLength, param };
  }

  /** Prepends the beginning-of-text token if the model expects one and the template has not added it. */
  #begun(tokens: readonly Token[]): readonly Token[] {
    const { bos, shouldPrependBosToken } = this.#model.tokens;
    if (bos === null || !shouldPrependBosToken || tokens[0] === bos) return tokens;
    return [bos, ...tokens];
  }

  get #text(): Tokenizer {
    const longTexts = this.#longTexts;
    this.#tokenizer ??= tokenizerOf(
      this.#model,
      longTexts === null ? undefined : (part, signal) => longTexts.read(part, signal),
    );
    return this.#tokenizer;
  }
}

function noInfillError(): ChatstreamError {
  return new ChatstreamError('invalid_request', 'This model cannot write what comes before a suffix.', {
    param: 'suffix',
    hint: 'It has no tokens for that. Leave "suffix" out, or use a model for code that fills in the middle.',
  });
}
