import { ChatstreamError } from '../../../base/errors.js';
import type { ChatEnding, ChatMessage, PromptSource } from '../../../engine/engine.js';
import type { ChatCompletionRequest, WireCall, WireMessage } from '../../schemas/completions/completion-requests.js';
import { withCallIds } from './call-ids.js';
import type { ReasoningRequest } from './reasoning-requests.js';
import { missing, refuseDeep } from './refused-parameters.js';
import { withResultNames } from './result-names.js';
import { callReader, type FunctionCall } from './template-calls.js';
import type { RequestedTools } from './tool-requests.js';
import { isUnreadable, omissionNote, questionAmong, type Speaker, unreadableHint } from './unreadable-parts.js';

/** Variables of the chat template that have parameters of their own, or that only the server may set. */
const ownVariables = new Set([
  'messages',
  'tools',
  'documents',
  'add_generation_prompt',
  'continue_final_message',
  'chat_template',
  'bos_token',
  'eos_token',
]);

export type ChatSource = Extract<PromptSource, { type: 'chat' }>;

/**
 * The source of a chat's prompt.
 *
 * @throws ChatstreamError `invalid_request`
 */
export function chatSource(
  body: ChatCompletionRequest,
  tools: RequestedTools | null,
  reasoning: ReasoningRequest,
): ChatSource {
  const input = templateInput(body, tools, reasoning);
  const messages = withCallIds(body.messages);
  return { messages: withResultNames(chatMessages(messages)), ending: chatEnding(body, messages), ...input };
}

type TemplateParameters = Pick<ChatCompletionRequest, 'chat_template_kwargs' | 'documents'>;

/**
 * What the chat template gets besides the messages.
 *
 * @throws ChatstreamError `invalid_request`
 */
export function templateInput(
  body: TemplateParameters,
  tools: RequestedTools | null,
  { effort }: ReasoningRequest,
): Omit<ChatSource, 'messages' | 'ending'> {
  const { chat_template_kwargs: given, documents } = body;
  refuseDeep(given, 'chat_template_kwargs', 'The value of "chat_template_kwargs"');
  refuseDeep(documents, 'documents', 'The value of "documents"');
  const taken = Object.keys(given ?? {}).find((name) => ownVariables.has(name));
  if (taken !== undefined) {
    throw new ChatstreamError('invalid_request', `"chat_template_kwargs" cannot set "${taken}".`, {
      param: 'chat_template_kwargs',
      hint: 'It is for variables that only the template knows, such as enable_thinking.',
    });
  }
  return {
    type: 'chat',
    ...(tools !== null && { tools: tools.definitions }),
    ...(documents !== undefined && documents !== null && { documents }),
    ...(given !== undefined && given !== null && { arguments: given }),
    ...(effort !== undefined && { reasoningEffort: effort }),
  };
}

type EndingParameters = Pick<ChatCompletionRequest, 'add_generation_prompt' | 'continue_final_message'>;

/** An answer that the client has begun is continued, unless the client asks for something else. */
function chatEnding(body: EndingParameters, messages: readonly WireMessage[]): ChatEnding {
  const last = messages.at(-1);
  // Calls are followed by their results, not by the rest of the message.
  const isText = last?.role === 'assistant' && callsOf(last, messages.length - 1).length === 0;
  const isBegun = isText && body.add_generation_prompt !== true;
  return requestedEnding(body, isBegun);
}

/**
 * @param continuesByDefault whether the last message is continued if the request does not say
 * @throws ChatstreamError `invalid_request` for parameters that contradict each other
 */
export function requestedEnding(
  { add_generation_prompt: adds, continue_final_message: continues }: EndingParameters,
  continuesByDefault: boolean,
): ChatEnding {
  if (adds === true && continues === true) {
    throw new ChatstreamError(
      'invalid_request',
      '"add_generation_prompt" and "continue_final_message" exclude each other.',
      { param: 'continue_final_message', hint: 'Set one of them to false, or leave both out.' },
    );
  }
  if (continues ?? continuesByDefault) return 'continue';
  return adds === false ? 'none' : 'answer';
}

const speakers: Readonly<Record<WireMessage['role'], Speaker>> = {
  user: 'user',
  tool: 'result',
  function: 'result',
  assistant: 'assistant',
  system: 'other',
  developer: 'other',
};

function chatMessages(messages: readonly WireMessage[]): readonly ChatMessage[] {
  const isQuestion = questionAmong(messages.map(({ role }) => speakers[role]));
  const readCall = callReader();
  return messages.map((message, index) =>
    isPlain(message)
      ? { role: message.role, content: message.content }
      : chatMessage(message, { index, isQuestion: isQuestion(index), readCall }),
  );
}

type PlainMessage = WireMessage & { readonly content: string; readonly role: Exclude<WireMessage['role'], 'function'> };

/** What a message may have besides its text. */
const furtherFields = [
  'name',
  'tool_call_id',
  'tool_calls',
  'reasoning_content',
  'reasoning',
] as const satisfies readonly (keyof WireMessage)[];

/** Whether a message is just a text. Most are, and a megabyte has 33,000 of them. */
function isPlain(message: WireMessage): message is PlainMessage {
  if (typeof message.content !== 'string' || message.role === 'function') return false;
  return !furtherFields.some((name) => name in message);
}

interface Reading {
  readonly index: number;
  /** Whether it is a part of the question, in which nothing may be left out. */
  readonly isQuestion: boolean;
  readonly readCall: ReturnType<typeof callReader>;
}

function chatMessage(message: WireMessage, { index, isQuestion, readCall }: Reading): ChatMessage {
  const { role, content, name, tool_call_id: call } = message;
  const thought = message.reasoning_content ?? message.reasoning ?? null;
  const calls = callsOf(message, index);
  for (const { function: called } of calls) refuseDeepArguments(called, index);
  // An assistant's message may have none, and a function may have returned nothing.
  const mayBeEmpty = role === 'assistant' || (role === 'function' && content === null);
  if (!mayBeEmpty && (content === undefined || content === null)) throw missing(`messages.${index}.content`);
  const isSystem = role === 'system' || role === 'developer';
  const place = { index, mayOmit: !isQuestion && !isSystem };
  const text = typeof content === 'string' ? content : (content ?? []).map((part) => textOf(part, place)).join('');
  return {
    // What OpenAI had before tools: the result of a function, identified by its name.
    role: role === 'function' ? 'tool' : role,
    content: text,
    ...(name !== undefined && name !== null && { name }),
    ...(call !== undefined && call !== null && { tool_call_id: call }),
    ...(calls.length > 0 && { tool_calls: calls.map(readCall) }),
    ...(thought !== null && { reasoning_content: thought }),
  };
}

/** @throws ChatstreamError `invalid_request` for a call of nothing */
function callsOf({ tool_calls: calls }: WireMessage, message: number): readonly FunctionCall[] {
  return (calls ?? []).map((each, index) => functionCallOf(each, `messages.${message}.tool_calls.${index}`));
}

/** The model gets the calls of custom tools, which it cannot make here, as those of functions with their input as an argument. */
function functionCallOf({ id, type, function: called, custom }: WireCall, param: string): FunctionCall {
  if (type === 'custom') {
    if (custom === undefined || custom === null) throw missing(`${param}.custom`);
    return { id, function: { name: custom.name, arguments: { input: custom.input } } };
  }
  if (called === undefined || called === null) throw missing(`${param}.function`);
  return { id, function: called };
}

/** Arguments that come as an object were read by the client, unlike the text that a model has written. */
function refuseDeepArguments({ arguments: given }: FunctionCall['function'], index: number): void {
  if (typeof given !== 'string') refuseDeep(given, `messages.${index}`, 'The value of "arguments"');
}

type ContentPart = Exclude<WireMessage['content'], string | null | undefined>[number];

/** Parts of the Responses API are understood too: some clients send what they were answered there. */
const textTypes: ReadonlySet<string> = new Set(['text', 'input_text', 'output_text']);

interface Place {
  readonly index: number;
  /** Whether a note may take the place of an image. */
  readonly mayOmit: boolean;
}

function textOf(part: ContentPart, { index, mayOmit }: Place): string {
  if (mayOmit && isUnreadable(part.type)) return omissionNote(part.type);
  if (textTypes.has(part.type) && typeof part.text === 'string') return part.text;
  if (part.type === 'refusal' && typeof part.refusal === 'string') return part.refusal;
  const field = part.type === 'refusal' ? 'refusal' : 'text';
  if (field === part.type || textTypes.has(part.type)) {
    throw new ChatstreamError('invalid_request', `Message ${index} has content of type "${part.type}" without text.`, {
      param: `messages.${index}.content`,
      hint: `Its "${field}" must be a string.`,
    });
  }
  throw new ChatstreamError('invalid_request', `Message ${index} has content of type "${part.type}".`, {
    param: `messages.${index}.content`,
    hint: isUnreadable(part.type) ? unreadableHint : 'Only text is supported.',
  });
}
