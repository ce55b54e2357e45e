import { isRecord, items, member, nonEmpty } from '../../base/json.js';
import type { ChatMessage, Turn } from './turn.js';

/** A chat as the items of OpenAI's Responses API. Parts for which it has no other form are sent as they are. */
export function responsesInput(messages: Turn['messages']): readonly object[] {
  return messages.flatMap(itemsOf);
}

function itemsOf(message: ChatMessage): readonly object[] {
  const { role, content } = message;
  if (role === 'tool') {
    const callId = member(message, 'tool_call_id');
    return [{ type: 'function_call_output', call_id: callId, output: outputOf(content) }];
  }
  const calls = items(member(message, 'tool_calls')).map((call) => {
    const called = member(call, 'function');
    const named = { name: member(called, 'name'), arguments: member(called, 'arguments') };
    return { type: 'function_call', call_id: member(call, 'id'), ...named };
  });
  return [...(content === null ? [] : [{ role, content: contentOf(role, content) }]), ...calls];
}

/** Of a tool: a text. */
function outputOf(content: ChatMessage['content']): unknown {
  return typeof content === 'string' ? content : contentOf('user', content ?? []);
}

function contentOf(role: string, content: string | readonly object[]): unknown {
  return typeof content === 'string' ? content : content.map((part) => partOf(role, part));
}

function partOf(role: string, part: object): object {
  switch (member(part, 'type')) {
    case 'text':
      return { ...part, type: role === 'assistant' ? 'output_text' : 'input_text' };
    case 'image_url': {
      const image = member(part, 'image_url');
      const detail = nonEmpty(member(image, 'detail')) ?? 'auto';
      return { type: 'input_image', image_url: member(image, 'url') ?? image, detail };
    }
    default:
      return part;
  }
}

/** Tools and formats, which are nested less deeply here than in chat completions. */
export function responsesParameters(parameters: Turn['parameters'] = {}): object {
  const { tools, tool_choice: choice, response_format: format, ...others } = parameters;
  return {
    ...others,
    ...(tools === undefined ? {} : { tools: items(tools).map((tool) => flat(tool, 'function')) }),
    ...(choice === undefined ? {} : { tool_choice: flat(choice, 'function') }),
    ...(format === undefined ? {} : { text: { format: flat(format, 'json_schema') } }),
  };
}

/** `{"type": "function", "function": {"name": …}}` as `{"type": "function", "name": …}`. */
function flat(value: unknown, inner: string): unknown {
  if (!isRecord(value)) return value;
  const { [inner]: fields, ...rest } = value;
  return isRecord(fields) ? { ...rest, ...fields } : value;
}
