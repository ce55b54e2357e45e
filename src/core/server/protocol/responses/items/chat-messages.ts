import type { ChatMessage, JsonObject } from '../../../../engine/engine.js';
import type { ConversationItem } from '../../../schemas/responses/response-items.js';
import { withResultNames } from '../../requests/result-names.js';
import { callReader } from '../../requests/template-calls.js';
import { customArguments } from './custom-tools.js';
import { modelName } from './namespaces.js';

/** Collects what the model said in one turn: in a chat, thought, text and calls are one message. */
class AssistantTurn {
  #thought = '';
  #text: string | null = null;
  #calls: JsonObject[] | null = null;

  /** A thought comes before everything else of its turn. */
  get isBeyondThought(): boolean {
    return this.#text !== null || this.#calls !== null;
  }

  think(text: string): void {
    this.#thought += text;
  }

  say(text: string): void {
    this.#text = (this.#text ?? '') + text;
  }

  call(call: JsonObject): void {
    (this.#calls ??= []).push(call);
  }

  message(): ChatMessage {
    return {
      role: 'assistant',
      content: this.#text ?? '',
      ...(this.#calls !== null && { tool_calls: this.#calls }),
      ...(this.#thought !== '' && { reasoning_content: this.#thought }),
    };
  }
}

/**
 * The messages of a chat that say the same as the items.
 *
 * Instructions and the system and developer messages at the beginning become one message, because many templates know only
 * one, at the beginning.
 */
export function chatMessages(
  items: readonly ConversationItem[],
  instructions: string | null | undefined,
): readonly ChatMessage[] {
  const readCall = callReader();
  const messages: ChatMessage[] = [];
  let turn: AssistantTurn | null = null;
  const add = (message: ChatMessage | null): void => {
    if (turn !== null) messages.push(turn.message());
    turn = null;
    if (message !== null) messages.push(message);
  };
  /** The turn that the next part belongs to. */
  const turnFor = (beginsAnother: (turn: AssistantTurn) => boolean): AssistantTurn => {
    if (turn !== null && beginsAnother(turn)) add(null);
    return (turn ??= new AssistantTurn());
  };
  for (const item of items) {
    switch (item.type) {
      case 'reasoning':
        turnFor(({ isBeyondThought }) => isBeyondThought).think(thoughtOf(item));
        break;
      case 'message':
        if (item.role === 'assistant') turnFor(({ isBeyondThought }) => isBeyondThought).say(textOf(item.content));
        else add({ role: item.role, content: textOf(item.content) });
        break;
      case 'function_call': {
        const { call_id: id, arguments: text } = item;
        const called = { name: modelName(item), arguments: text };
        turnFor(() => false).call(readCall({ id, function: called }));
        break;
      }
      case 'custom_tool_call': {
        const { call_id: id, input } = item;
        const called = { name: modelName(item), arguments: customArguments(input) };
        turnFor(() => false).call(readCall({ id, function: called }));
        break;
      }
      case 'custom_tool_call_output':
      case 'function_call_output': {
        const { call_id: id, output } = item;
        add({ role: 'tool', tool_call_id: id, content: typeof output === 'string' ? output : textOf(output) });
      }
    }
  }
  add(null);
  return withOneBeginning(withResultNames(messages), instructions);
}

function withOneBeginning(
  messages: readonly ChatMessage[],
  instructions: string | null | undefined,
): readonly ChatMessage[] {
  const given: readonly ChatMessage[] =
    instructions === undefined || instructions === null ? messages : [systemMessage(instructions), ...messages];
  const firstOther = given.findIndex(({ role }) => role !== 'system' && role !== 'developer');
  const count = firstOther === -1 ? given.length : firstOther;
  if (count < 2) return given;
  const beginning = given.slice(0, count).map(({ content }) => content);
  return [systemMessage(beginning.join('\n\n')), ...given.slice(count)];
}

function systemMessage(content: string): ChatMessage {
  return { role: 'system', content };
}

type Parts = readonly ({ readonly text: string } | { readonly refusal: string })[];

function textOf(parts: Parts): string {
  const [only] = parts;
  // Most messages are like this, and a body may have 33,000 of them.
  if (parts.length === 1 && only !== undefined) return textIn(only);
  return parts.map(textIn).join('');
}

function textIn(part: Parts[number]): string {
  return 'text' in part ? part.text : part.refusal;
}

/** The thought itself, or what is known of it. */
function thoughtOf({ content, summary }: Extract<ConversationItem, { type: 'reasoning' }>): string {
  return textOf(content) || textOf(summary);
}
