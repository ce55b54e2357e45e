import { ChatstreamError, messageOf } from '../../../base/errors.js';
import type { ChatMessage, PromptSource } from '../../engine.js';
import { ContentMarks } from './content-marks.js';
import type { TracedText } from './special-tokens.js';
import { withShortSearches } from './template-searches.js';
import { withEscapesBesideSafe, withUndefinedLookedUp } from './template-source.js';

/** ChatML, for models without a template: no other format is as common in training. */
const chatMl = {
  source:
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
  /** A model that was not trained on it may write the mark as plain text. */
  stop: ['<|im_end|>'],
};

/** A Jinja template that can be rendered; throws an `Error` for variables that it refuses. */
export type RenderTemplate = (variables: Readonly<Record<string, unknown>>) => string;

export interface ChatTemplateOptions {
  /** Jinja source; undefined if the model has no template. */
  readonly source: string | undefined;
  readonly bosToken: string | null;
  readonly eosToken: string | null;
  /** Names of special tokens that content may not produce. */
  readonly protectedTexts: readonly string[];
  /** Throws an `Error` for a template that cannot be read. */
  readonly compile: (source: string) => RenderTemplate;
}

type Chat = Extract<PromptSource, { type: 'chat' }>;

/** The parts of a chat that its client wrote: everything except the roles, of which there are only a few. */
interface Content {
  readonly messages: readonly Omit<ChatMessage, 'role'>[];
  readonly tools: Chat['tools'];
  readonly documents: Chat['documents'];
  readonly arguments: Chat['arguments'];
}

const plainChat: Chat = { type: 'chat', messages: [{ role: 'user', content: 'Hello' }] };

/** The chat template of a model, with the variables and rules of Hugging Face's `apply_chat_template`. */
export class ChatTemplate {
  /** Strings at which answers to chats end, because the model may not know the marks of the format as tokens. */
  readonly stop: readonly string[];
  readonly #options: ChatTemplateOptions;
  readonly #source: string;
  readonly #thoughtField: string;
  readonly #marks: ContentMarks;
  #template: RenderTemplate | null = null;
  /** For chats that llama.cpp refuses to render with the template as it is. */
  #lenientTemplate: RenderTemplate | null = null;

  constructor(options: ChatTemplateOptions) {
    this.#options = options;
    this.stop = options.source === undefined ? chatMl.stop : [];
    this.#source = withShortSearches(withEscapesBesideSafe(options.source ?? chatMl.source));
    this.#thoughtField = thoughtFieldOf(this.#source);
    this.#marks = new ContentMarks(options.protectedTexts, this.#source);
  }

  /**
   * The text that the model continues.
   *
   * @throws ChatstreamError `invalid_request` for a chat that the template refuses or cannot continue
   */
  async render(
    { messages, tools, documents, arguments: given, ending = 'answer' }: Chat,
    signal?: AbortSignal,
  ): Promise<TracedText> {
    const roles = messages.map(({ role }) => role);
    const content: Content = {
      messages: messages.map((message) => withoutRole(message, this.#thoughtField)),
      tools,
      documents,
      arguments: given,
    };
    const render = (marked: Content, unused: string): string =>
      ending === 'continue'
        ? upTo(unused, this.#rendered(roles, withEnd(marked, unused), false))
        : this.#rendered(roles, marked, ending === 'answer');
    return await this.#marks.trace(content, render, signal);
  }

  /** In Jinja, as it is rendered. */
  get source(): string {
    return this.#source;
  }

  /** What is wrong with the template, for the operator: chats will be refused or misunderstood. */
  async problems(): Promise<readonly string[]> {
    if (this.#options.source === undefined) {
      return [
        `The model has no chat template. Chats are written in ChatML, which it may not know; answers end at ${chatMl.stop.join()}.`,
      ];
    }
    const withSystem: Chat = {
      ...plainChat,
      messages: [{ role: 'system', content: 'Be brief.' }, ...plainChat.messages],
    };
    const refusal = await this.#refusalOf(plainChat);
    if (refusal !== null) return [`Chats will be refused. ${refusal}`];
    const systemRefusal = await this.#refusalOf(withSystem);
    return systemRefusal === null ? [] : [`Chats with a system message will be refused. ${systemRefusal}`];
  }

  async #refusalOf(chat: Chat): Promise<string | null> {
    try {
      await this.render(chat);
      return null;
    } catch (error) {
      return messageOf(error);
    }
  }

  #rendered(roles: readonly ChatMessage['role'][], content: Content, asksForAnswer: boolean): string {
    const { bosToken, eosToken } = this.#options;
    const variables = {
      ...content.arguments,
      messages: content.messages.map((message, index) => ({ role: templateRole(roles[index]), ...message })),
      tools: content.tools ?? null,
      documents: content.documents ?? null,
      add_generation_prompt: asksForAnswer,
      bos_token: bosToken ?? '',
      eos_token: eosToken ?? '',
    };
    this.#template ??= this.#compiled(this.#source);
    try {
      return this.#template(variables);
    } catch (error) {
      if (!messageOf(error).includes(undefinedOperand)) throw refusal(error);
      this.#lenientTemplate ??= this.#compiled(withUndefinedLookedUp(this.#source));
      return this.#renderedAnew(this.#lenientTemplate, variables);
    }
  }

  #renderedAnew(template: RenderTemplate, variables: Readonly<Record<string, unknown>>): string {
    try {
      return template(variables);
    } catch (error) {
      throw refusal(error);
    }
  }

  #compiled(source: string): RenderTemplate {
    try {
      return this.#options.compile(source);
    } catch (error) {
      throw new ChatstreamError('invalid_request', `The model's chat template cannot be read: ${reasonOf(error)}`, {
        hint: 'Use /v1/completions with a prompt that you format yourself, or another conversion of the model.',
        cause: error,
      });
    }
  }
}

/** What llama.cpp says about `in` with an operand that is not defined. */
const undefinedOperand = 'on undefined values';

function refusal(error: unknown): ChatstreamError {
  const [, variable] = /failed to convert input at items\["([^"]*)"\]/.exec(messageOf(error)) ?? [];
  if (variable !== undefined) return unreadable(variable, error);
  return new ChatstreamError(
    'invalid_request',
    `The model's chat template refuses these messages: ${reasonOf(error)}`,
    {
      param: 'messages',
      cause: error,
    },
  );
}

/** For a value that llama.cpp cannot pass to a template, such as a number outside the range of 64-bit integers. */
function unreadable(variable: string, error: unknown): ChatstreamError {
  const isField = ['messages', 'tools', 'documents'].includes(variable);
  const param = isField ? variable : 'chat_template_kwargs';
  return new ChatstreamError('invalid_request', `The chat template cannot be given ${param}: ${reasonOf(error)}`, {
    param,
    cause: error,
  });
}

/** The last line of llama.cpp's error, without what it says about its own parts. */
function reasonOf(error: unknown): string {
  const message = messageOf(error).trim();
  const [, reason = message] =
    /(?:\nError: |: failed to \w+ (?:template|input)[^:]*: )(?!.*\nError: )(.*)$/s.exec(message) ?? [];
  return reason.replace('Jinja Exception: ', '');
}

/** OpenAI renamed `system` to `developer`, but models only know the old name. */
function templateRole(role: ChatMessage['role'] | undefined): string {
  return role === undefined || role === 'developer' ? 'system' : role;
}

/** Missing fields stay missing, because templates ask whether they are defined. */
function withoutRole(message: ChatMessage, thoughtField: string): Omit<ChatMessage, 'role'> {
  const fields = Object.entries(message)
    .filter(([name, value]) => name !== 'role' && value !== undefined)
    .map(([name, value]) => [name === 'reasoning_content' ? thoughtField : name, value] as const);
  return { content: message.content, ...Object.fromEntries(fields) };
}

/** Names that templates use for the thought before an answer. */
const thoughtFields = ['reasoning_content', 'thinking', 'reasoning'];

/** The name by which a template reads the thoughts of messages; the usual one if it does not. */
function thoughtFieldOf(source: string): string {
  const reads = (name: string): boolean => new RegExp(String.raw`\.${name}\b|\[['"]${name}['"]\]`).test(source);
  return thoughtFields.find(reads) ?? 'reasoning_content';
}

/** The content with a mark at the end of its last message, and a space that shows whether the template trims it. */
function withEnd(content: Content, mark: string): Content {
  const messages = content.messages.map((message, index) =>
    index === content.messages.length - 1 ? { ...message, content: `${message.content}${mark} ` } : message,
  );
  return { ...content, messages };
}

/**
 * A rendered chat up to the end of its last message. If the template trims messages, the last one is trimmed too.
 *
 * Source: `continue_final_message` of Hugging Face's `apply_chat_template`.
 */
function upTo(mark: string, text: string): string {
  const end = text.lastIndexOf(mark);
  if (end === -1) {
    throw new ChatstreamError(
      'invalid_request',
      "The model's chat template does not show the end of the last message.",
      {
        param: 'continue_final_message',
        hint: 'Set continue_final_message to false, or leave the last message out.',
      },
    );
  }
  const message = text.slice(0, end);
  return text.startsWith(`${mark} `, end) ? message : message.trimEnd();
}
