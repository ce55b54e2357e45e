import { items, member, nonEmpty } from '../../base/json.js';
import type { ChatMessage, Turn } from './turn.js';

/**
 * A chat for Anthropic's Messages API: the system prompt is not a message, results of tools are blocks of a message of
 * the user, and tool calls are blocks of an answer. Answers without any text or call, such as one that was only
 * reasoning, which is not sent back, are left out, because the API refuses them. Blocks for which it has no other form
 * are sent as they are.
 */
export function messagesInput(messages: Turn['messages']): object {
  const system = messages.filter(isOfSystem).flatMap(({ content }) => blocksOf(content));
  const said = messages.filter((message) => !isOfSystem(message) && !isEmptyAnswer(message)).map(messageOf);
  return { ...(system.length === 0 ? {} : { system }), messages: said };
}

function isOfSystem({ role }: ChatMessage): boolean {
  return role === 'system' || role === 'developer';
}

function isEmptyAnswer(message: ChatMessage): boolean {
  const { role, content } = message;
  if (role !== 'assistant' || items(member(message, 'tool_calls')).length > 0) return false;
  return typeof content === 'string' ? content.trim() === '' : (content ?? []).length === 0;
}

function messageOf(message: ChatMessage): object {
  const { role, content } = message;
  if (role === 'tool') {
    const result = { type: 'tool_result', tool_use_id: member(message, 'tool_call_id') };
    return {
      role: 'user',
      content: [{ ...result, content: typeof content === 'string' ? content : blocksOf(content) }],
    };
  }
  const calls = items(member(message, 'tool_calls')).map(callOf);
  if (calls.length === 0 && typeof content === 'string') return { role, content };
  return { role, content: [...blocksOf(content), ...calls] };
}

function blocksOf(content: ChatMessage['content']): readonly object[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return (content ?? []).map(blockOf);
}

const dataUrl = /^data:([^;,]+);base64,(.*)$/s;

function blockOf(part: object): object {
  if (member(part, 'type') !== 'image_url') return part;
  const image = member(part, 'image_url');
  const url = nonEmpty(member(image, 'url')) ?? nonEmpty(image) ?? '';
  const [, mediaType, data] = dataUrl.exec(url) ?? [];
  const source = data === undefined ? { type: 'url', url } : { type: 'base64', media_type: mediaType, data };
  return { type: 'image', source };
}

function callOf(call: unknown): object {
  const called = member(call, 'function');
  return {
    type: 'tool_use',
    id: member(call, 'id'),
    name: member(called, 'name'),
    input: parsedOrEmpty(nonEmpty(member(called, 'arguments'))),
  };
}

/** Here, the input of a tool is an object, not its JSON. */
function parsedOrEmpty(json: string | null): unknown {
  try {
    return JSON.parse(json ?? '{}');
  } catch {
    return {};
  }
}

/** Tools, choices and formats under Anthropic's names. */
export function messagesParameters(parameters: Turn['parameters'] = {}): object {
  const { tools, tool_choice: choice, response_format: format, ...others } = parameters;
  return {
    ...others,
    ...(tools === undefined ? {} : { tools: items(tools).map(toolOf) }),
    ...(choice === undefined ? {} : { tool_choice: choiceOf(choice) }),
    ...(format === undefined ? {} : { output_config: { format: formatOf(format) } }),
  };
}

function toolOf(tool: unknown): unknown {
  const described = member(tool, 'function');
  if (described === undefined) return tool;
  return {
    name: member(described, 'name'),
    description: member(described, 'description'),
    input_schema: member(described, 'parameters') ?? { type: 'object' },
  };
}

const choices: Readonly<Record<string, string>> = { auto: 'auto', none: 'none', required: 'any' };

function choiceOf(choice: unknown): unknown {
  if (typeof choice === 'string') return { type: choices[choice] ?? choice };
  const name = member(member(choice, 'function'), 'name');
  return name === undefined ? choice : { type: 'tool', name };
}

function formatOf(format: unknown): unknown {
  const schema = member(member(format, 'json_schema'), 'schema');
  return schema === undefined ? format : { type: 'json_schema', schema };
}
