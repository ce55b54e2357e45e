import type { LlamaModel } from 'node-llama-cpp';
import { ChatstreamError } from '../../base/errors.js';
import type { PromptSource, Token } from '../engine.js';
import type { DecodeTokens } from '../text/text-assembler.js';
import { chatTemplate, type RenderChat } from './chat-template.js';
import { libraryToken, libraryTokens } from './library.js';

/** Translates between text and tokens of one model. */
export class Prompts {
  readonly vocabularySize: number;
  readonly #model: LlamaModel;
  readonly #renderChat: RenderChat;
  #endTokens: readonly Token[] | null = null;

  /** @throws ChatstreamError `model_unreadable` for a model that is not a language model */
  constructor(model: LlamaModel) {
    this.#model = model;
    this.vocabularySize = Array.from(model.iterateAllTokens()).length;
    if (this.vocabularySize === 0) {
      throw new ChatstreamError('model_unreadable', 'The model has no vocabulary, so it cannot read or write text.', {
        hint: 'Use a language model; this one may be for images or speech.',
      });
    }
    this.#renderChat = chatTemplate({
      source: model.fileInfo.metadata.tokenizer.chat_template,
      bosToken: model.tokens.bosString,
      eosToken: model.tokens.eosString,
    });
  }

  /** @throws ChatstreamError `invalid_request` */
  prepare(source: PromptSource): readonly Token[] {
    const tokens = this.#tokensOf(source);
    if (tokens.length > 0) return tokens;
    const { bos } = this.#model.tokens;
    if (bos !== null) return [bos];
    throw new ChatstreamError(
      'invalid_request',
      'The prompt is empty, and this model cannot generate without a prompt.',
      {
        param: 'prompt',
      },
    );
  }

  tokenize(text: string): readonly Token[] {
    return this.#model.tokenize(text, false);
  }

  /** @throws ChatstreamError `invalid_request` for a number outside the vocabulary */
  detokenize(tokens: readonly Token[]): string {
    this.check(tokens, 'tokens');
    return this.#model.detokenize(libraryTokens(tokens), true);
  }

  /** The text of output, in which special tokens are left out. */
  readonly decode: DecodeTokens = (tokens, before) =>
    this.#model.detokenize(libraryTokens(tokens), false, libraryTokens(before));

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

  #tokensOf(source: PromptSource): readonly Token[] {
    switch (source.type) {
      case 'chat':
        return this.#begun(this.#model.tokenize(this.#renderChat(source.messages), true));
      case 'text':
        return this.#begun(this.#model.tokenize(source.text, false));
      case 'tokens':
        this.check(source.tokens, 'prompt');
        return source.tokens;
    }
  }

  /** Prepends the beginning-of-text token if the model expects one and the template has not added it. */
  #begun(tokens: readonly Token[]): readonly Token[] {
    const { bos, shouldPrependBosToken } = this.#model.tokens;
    if (bos === null || !shouldPrependBosToken || tokens[0] === bos) return tokens;
    return [bos, ...tokens];
  }
}
