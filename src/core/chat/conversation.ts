import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { ChatstreamError } from '../base/errors.js';
import type { Parameters } from './parameters.js';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

const schemaName = 'chatstream.chat/v1';

const savedConversation = Compile(
  Type.Object({
    schema: Type.Literal(schemaName),
    system: Type.Union([Type.String(), Type.Null()]),
    parameters: Type.Record(Type.String(), Type.Unknown()),
    messages: Type.Array(
      Type.Object({ role: Type.Union([Type.Literal('user'), Type.Literal('assistant')]), content: Type.String() }),
    ),
  }),
);

/** The messages so far, and how answers are requested. */
export class Conversation {
  /** The system prompt; null if there is none. */
  system: string | null = null;
  #parameters: Parameters = {};
  #turns: readonly Message[] = [];

  get parameters(): Parameters {
    return this.#parameters;
  }

  /** The messages, without the system prompt. */
  get turns(): readonly Message[] {
    return this.#turns;
  }

  /** What a server is sent. */
  get messages(): readonly Message[] {
    return this.system === null ? this.#turns : [{ role: 'system', content: this.system }, ...this.#turns];
  }

  set(name: string, value: unknown): void {
    this.#parameters = { ...this.#parameters, [name]: value };
  }

  /** Leaves a parameter to the server again. */
  unset(name: string): void {
    this.#parameters = Object.fromEntries(Object.entries(this.#parameters).filter(([each]) => each !== name));
  }

  ask(question: string): void {
    this.#turns = [...this.#turns, { role: 'user', content: question }];
  }

  answer(text: string): void {
    this.#turns = [...this.#turns, { role: 'assistant', content: text }];
  }

  /** Whether the last message is a question. */
  get isUnanswered(): boolean {
    return this.#turns.at(-1)?.role === 'user';
  }

  /**
   * Removes the last message.
   *
   * @returns its text
   */
  takeBack(): string {
    const last = this.#turns.at(-1);
    this.#turns = this.#turns.slice(0, -1);
    return last?.content ?? '';
  }

  /** Forgets the messages; the system prompt and the parameters stay. */
  clear(): void {
    this.#turns = [];
  }

  /** As text for a file that {@link Conversation.parse} reads. */
  toText(): string {
    const { system, parameters, turns } = this;
    return `${JSON.stringify({ schema: schemaName, system, parameters, messages: turns }, null, 2)}\n`;
  }

  /**
   * @param name of the file, for the error
   * @throws ChatstreamError `usage` if the text is not a saved conversation
   */
  static parse(text: string, name: string): Conversation {
    const saved = savedIn(text);
    if (saved === null) {
      throw new ChatstreamError('usage', `${name} is not a saved conversation.`, {
        hint: 'Give a file that /save has written.',
      });
    }
    const conversation = new Conversation();
    conversation.system = saved.system;
    conversation.#parameters = saved.parameters;
    conversation.#turns = saved.messages;
    return conversation;
  }

  /** Whether a text is a saved conversation. */
  static isSaved(text: string): boolean {
    return savedIn(text) !== null;
  }
}

function savedIn(text: string): ReturnType<typeof savedConversation.Parse> | null {
  try {
    const value: unknown = JSON.parse(text);
    return savedConversation.Check(value) ? value : null;
  } catch {
    return null;
  }
}
