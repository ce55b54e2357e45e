import type { LlamaModel } from 'node-llama-cpp';
import { type ChatDialect, chatDialect } from '../../dialects/templates/chat-dialect.js';
import { compileJinja } from '../library/jinja.js';
import { ChatTemplate } from '../prompt/chat-template.js';
import { isQuickChat } from '../prompt/quick-chats.js';
import { renderChat } from '../prompt/render-chat.js';
import type { TracedText } from '../prompt/special-tokens.js';
import type { Chat, TemplateSettings } from './render-messages.js';

/** Renders chats that may take long, outside this process. */
interface ChatRenderer {
  /** As `renderChat` does. */
  render(chat: Chat, signal?: AbortSignal): Promise<TracedText>;
  stop(): void;
}

export type RendererOf = (template: TemplateSettings) => ChatRenderer;

/** Chats as the text that a model reads. */
export class Chats {
  readonly #model: LlamaModel;
  readonly #protectedTexts: () => readonly string[];
  readonly #rendererOf: RendererOf | null;
  #template: ChatTemplate | null = null;
  #renderer: ChatRenderer | null = null;
  #dialect: ChatDialect | null = null;

  /**
   * @param protectedTexts names of special tokens that content may not produce
   * @param rendererOf creates the renderer for chats that may take long; without it, they are rendered here
   */
  constructor(model: LlamaModel, protectedTexts: () => readonly string[], rendererOf: RendererOf | null) {
    this.#model = model;
    this.#protectedTexts = protectedTexts;
    this.#rendererOf = rendererOf;
  }

  /** The source of the chat template; null if the model has none. */
  get source(): string | null {
    return this.#settings.source ?? null;
  }

  /** How the model writes thoughts and calls of tools. */
  get dialect(): ChatDialect {
    this.#dialect ??= chatDialect(this.source);
    return this.#dialect;
  }

  get template(): ChatTemplate {
    const { llama } = this.#model;
    this.#template ??= new ChatTemplate({
      ...this.#settings,
      protectedTexts: this.#protectedTexts(),
      compile: (source) => compileJinja(llama, source),
    });
    return this.#template;
  }

  /** @throws ChatstreamError as `renderChat` does; if chats are rendered elsewhere, also for one that takes too long */
  async render(chat: Chat, signal?: AbortSignal): Promise<TracedText> {
    if (this.#rendererOf === null || isQuickChat(chat)) return await this.renderHere(chat, signal);
    this.#renderer ??= this.#rendererOf({ ...this.#settings, protectedTexts: this.#protectedTexts() });
    return await this.#renderer.render(chat, signal);
  }

  /** The same, however long it takes. */
  async renderHere(chat: Chat, signal?: AbortSignal): Promise<TracedText> {
    return await renderChat(this.template, this.dialect, chat, signal);
  }

  /** Ends the renderer of chats that may take long. */
  stop(): void {
    this.#renderer?.stop();
  }

  get #settings(): Omit<TemplateSettings, 'protectedTexts'> {
    const { fileInfo, tokens } = this.#model;
    return {
      source: fileInfo.metadata.tokenizer.chat_template,
      bosToken: tokens.bosString,
      eosToken: tokens.eosString,
    };
  }
}
