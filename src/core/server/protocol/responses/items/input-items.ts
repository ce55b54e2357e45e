import { ChatstreamError } from '../../../../base/errors.js';
import type { ConversationItem, WireItem, WirePart } from '../../../schemas/responses/response-items.js';
import { hostedItems, hostedResults } from '../../../schemas/shared/hosted-calls.js';
import { leftOutItems } from '../../requests/hosted-tools.js';
import { missing } from '../../requests/refused-parameters.js';
import {
  isUnreadable,
  omissionNote,
  questionAmong,
  type Speaker,
  unreadableHint,
} from '../../requests/unreadable-parts.js';
import { itemIds, type ItemPrefix } from './item-ids.js';
import { unsealed } from './thought-envelope.js';

type Message = Extract<ConversationItem, { type: 'message' }>;
type InputMessage = Exclude<Message, { role: 'assistant' }>;
type OutputMessage = Extract<Message, { role: 'assistant' }>;
type InputText = InputMessage['content'][number];
type Reasoning = Extract<ConversationItem, { type: 'reasoning' }>;

/** Finds an item that is stored. @throws ChatstreamError `not_found` */
export type FindItem = (id: string, param: string) => ConversationItem;

interface Origin {
  /** For the ids of items that have none. */
  readonly key: string;
  readonly find: FindItem;
  /** Whether an item was said before, so that it cannot come again. Only called for ids that the client has given. */
  readonly isSaid?: (id: string) => boolean;
  /** The parameter that has the items. */
  readonly param: 'input' | 'items';
}

/**
 * Items of a client with ids, in the form in which they are listed. A text is a message of the user. Calls of tools that a provider
 * has run are left out.
 *
 * @throws ChatstreamError `invalid_request` that names what is wrong, such as an item that is there twice; `not_found` for one
 *   that is not stored
 */
export function inputItems(
  input: string | readonly WireItem[] | null | undefined,
  { key, find, isSaid, param: list }: Origin,
): readonly ConversationItem[] {
  const given = typeof input === 'string' ? [{ role: 'user', content: input }] : (input ?? []);
  const ids = new Set<string>();
  // Lists are paged by ids. And a kilobyte of references could otherwise stand for gigabytes of text.
  const once = (id: string, param: string): string => {
    if (isSaid?.(id) === true) throw alreadySaidError(id, param);
    if (ids.has(id)) throw duplicateError(id, param);
    ids.add(id);
    return id;
  };
  const newId = itemIds(key, 'in');
  const paramOf = (index: number): string => (typeof input === 'string' ? list : `${list}.${index}`);
  const place: Place = {
    param: paramOf,
    isQuestion: questionAmong(given.map(speakerOf)),
    find: (id, param) => find(once(id, param), param),
    id: (item, prefix, index) => (hasId(item) ? once(item.id, `${paramOf(index)}.id`) : newId(prefix, index)),
  };
  const leftOut = leftOutItems(given);
  const items: ConversationItem[] = [];
  given.forEach((item, index) => {
    if (!leftOut.has(item)) items.push(conversationItem(item, index, place));
  });
  return items;
}

function hasId(item: WireItem): item is WireItem & { readonly id: string } {
  return typeof item.id === 'string' && item.id !== '';
}

function duplicateError(id: string, param: string): ChatstreamError {
  return new ChatstreamError('invalid_request', `The item ${JSON.stringify(id)} is there more than once.`, {
    param,
    hint: 'Send it once.',
  });
}

/** For an item of the conversation to which it is to be added. */
export function alreadySaidError(id: string, param: string): ChatstreamError {
  return new ChatstreamError('invalid_request', `The item ${JSON.stringify(id)} is in the conversation already.`, {
    param,
    hint: 'Leave it out: the server knows what was said before.',
  });
}

/** The ids that a client has given to items. */
export function idsIn(input: string | readonly WireItem[] | null | undefined): readonly string[] {
  return typeof input === 'string' ? [] : (input ?? []).filter(hasId).map(({ id }) => id);
}

/** The ids of the items that an input refers to instead of repeating them. */
export function referencesIn(input: string | readonly WireItem[] | null | undefined): readonly string[] {
  if (typeof input === 'string') return [];
  const ids: string[] = [];
  for (const item of input ?? []) {
    const isReference = (item.type ?? typeOf(item)) === 'item_reference';
    if (isReference && typeof item.id === 'string') ids.push(item.id);
  }
  return ids;
}

/**
 * What is known about items by their indexes. There is one for all of them, and the parameter of an item is made where
 * it is needed: a megabyte has 33,000 items, and most of the time goes into garbage collection.
 */
interface Place {
  /** The parameter that has an item. */
  readonly param: (index: number) => string;
  /** Whether it belongs to what the model is to answer, so that an image in it is an error. */
  readonly isQuestion: (index: number) => boolean;
  readonly find: FindItem;
  /** Its own id, or a new one. */
  readonly id: (item: WireItem, prefix: ItemPrefix, index: number) => string;
}

const completed = { status: 'completed' } as const;

function speakerOf(item: WireItem): Speaker {
  const type = item.type ?? typeOf(item);
  switch (type) {
    case 'message':
      return item.role === 'user' || item.role === 'assistant' ? item.role : 'other';
    case 'function_call_output':
    case 'custom_tool_call_output':
      return 'result';
    // Thoughts, calls, and references, which refer to what the model has said.
    default:
      return hostedResults.has(type) ? 'result' : 'assistant';
  }
}

function conversationItem(item: WireItem, index: number, place: Place): ConversationItem {
  const idOf = (prefix: ItemPrefix): string => place.id(item, prefix, index);
  switch (item.type ?? typeOf(item)) {
    case 'message':
      return message(item, index, place);
    case 'function_call': {
      const called = call(item, place.param(index));
      return { type: 'function_call', id: idOf('fc'), ...called, arguments: item.arguments ?? '' };
    }
    case 'function_call_output':
      return { type: 'function_call_output', id: idOf('fco'), ...callOutput(item, place.param(index)) };
    case 'custom_tool_call': {
      const called = call(item, place.param(index));
      return { type: 'custom_tool_call', id: idOf('ctc'), ...called, input: item.input ?? '' };
    }
    case 'custom_tool_call_output':
      return { type: 'custom_tool_call_output', id: idOf('ctco'), ...callOutput(item, place.param(index)) };
    case 'reasoning':
      return reasoning(item, index, place);
    case 'item_reference': {
      const param = place.param(index);
      return place.find(need(item, 'id', param), `${param}.id`);
    }
    default:
      throw unsupportedItem(item.type, `${place.param(index)}.type`);
  }
}

function unsupportedItem(type: unknown, param: string): ChatstreamError {
  const hint = hostedItems.has(String(type))
    ? 'Nothing here runs such tools. Their calls are left out of a conversation, unless there is nothing else to answer.'
    : 'Messages, calls of functions and custom tools with their outputs, reasoning and references are supported.';
  const place = param.slice(0, -'.type'.length);
  return new ChatstreamError('invalid_request', `"${place}" is an item of type ${JSON.stringify(type)}.`, {
    param,
    hint,
  });
}

type Call = Pick<Extract<ConversationItem, { type: 'function_call' }>, 'call_id' | 'name' | 'namespace' | 'status'>;

function call(item: WireItem, param: string): Call {
  const { namespace } = item;
  const name = { name: need(item, 'name', param), ...(typeof namespace === 'string' && { namespace }) };
  return { call_id: need(item, 'call_id', param), ...name, ...completed };
}

type CallOutput = Omit<Extract<ConversationItem, { type: 'function_call_output' }>, 'type' | 'id'>;

function callOutput(item: WireItem, param: string): CallOutput {
  const { output } = item;
  if (output === undefined || output === null) throw missing(`${param}.output`);
  const text = typeof output === 'string' ? output : inputTexts(output, `${param}.output`, true);
  return { call_id: need(item, 'call_id', param), output: text, ...completed };
}

/** An item without a type is a message, or a reference if it has nothing but an id. */
function typeOf({ id, role, content }: WireItem): string {
  const isReference = typeof id === 'string' && role == null && content == null;
  return isReference ? 'item_reference' : 'message';
}

function message(item: WireItem, index: number, place: Place): Message {
  const { role, content } = item;
  if (content === undefined || content === null) throw missing(`${place.param(index)}.content`);
  // Written out for the sake of speed: a body may have 36,000 messages.
  switch (role) {
    case 'assistant':
      return {
        type: 'message',
        id: place.id(item, 'msg', index),
        status: 'completed',
        role,
        content: typeof content === 'string' ? [outputText(content)] : outputParts(content, place.param(index)),
      };
    case 'user':
    case 'system':
    case 'developer':
      return {
        type: 'message',
        id: place.id(item, 'msg', index),
        status: 'completed',
        role,
        content:
          typeof content === 'string'
            ? [inputText(content)]
            : inputTexts(content, `${place.param(index)}.content`, role === 'user' && !place.isQuestion(index)),
      };
    case undefined:
    case null:
      throw missing(`${place.param(index)}.role`);
    default:
      throw unknownRole(role, `${place.param(index)}.role`);
  }
}

function unknownRole(role: string, param: string): ChatstreamError {
  return new ChatstreamError('invalid_request', `"${param}" cannot be ${JSON.stringify(role)}.`, {
    param,
    hint: 'Use user, assistant, system or developer.',
  });
}

function reasoning(item: WireItem, index: number, place: Place): Reasoning {
  const { content, summary, encrypted_content: envelope } = item;
  const param = place.param(index);
  const parts =
    typeof content === 'string' ? [content] : (content ?? []).map((part) => textOf(part, `${param}.content`));
  const thought = typeof envelope === 'string' ? unsealed(envelope) : null;
  const texts = parts.length === 0 && thought !== null ? [thought] : parts;
  return {
    type: 'reasoning',
    id: place.id(item, 'rs', index),
    summary: (summary ?? []).map((part) => ({ type: 'summary_text', text: textOf(part, `${param}.summary`) })),
    content: texts.map((text) => ({ type: 'reasoning_text', text })),
    ...completed,
  };
}

/** @param mayOmit whether a note may take the place of an image */
function inputTexts(content: readonly WirePart[], param: string, mayOmit: boolean): InputText[] {
  return content.map((part) =>
    inputText(mayOmit && isUnreadable(part.type) ? omissionNote(part.type) : textOf(part, param)),
  );
}

function inputText(text: string): InputText {
  return { type: 'input_text', text };
}

function outputParts(content: readonly WirePart[], param: string): OutputMessage['content'] {
  return content.map((part) => {
    if (part.type === 'refusal') return { type: 'refusal', refusal: part.refusal ?? '' };
    return outputText(textOf(part, `${param}.content`));
  });
}

function outputText(text: string): OutputMessage['content'][number] {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

const textTypes: ReadonlySet<string> = new Set(['input_text', 'output_text', 'text', 'reasoning_text', 'summary_text']);

function textOf({ type, text }: WirePart, param: string): string {
  if (textTypes.has(type) && typeof text === 'string') return text;
  const complaint = textTypes.has(type) ? `has a part without "text"` : `has a part of type ${JSON.stringify(type)}`;
  const hint = isUnreadable(type) ? unreadableHint : 'Only text is supported.';
  throw new ChatstreamError('invalid_request', `"${param}" ${complaint}.`, { param, hint });
}

function need(item: WireItem, name: 'id' | 'call_id' | 'name', param: string): string {
  const value = item[name];
  if (value === undefined || value === null) throw missing(`${param}.${name}`);
  return value;
}
