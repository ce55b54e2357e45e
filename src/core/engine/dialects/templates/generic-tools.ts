import { isRecord } from '../../../base/json.js';
import type { ChatMessage, JsonObject } from '../../engine.js';

/**
 * A chat with tools for a template that does not support them: the system message describes the tools and how to call
 * them, and earlier calls and results are written as text. The calls have Hermes' syntax.
 *
 * @param inUserMessage whether the template has no system messages, so that the first message of the user is used
 *   instead
 */
export function withGenericTools(
  messages: readonly ChatMessage[],
  tools: readonly JsonObject[],
  inUserMessage: boolean,
): readonly ChatMessage[] {
  const plain = withoutToolRoles(messages);
  return tools.length === 0 ? plain : withInstructions(plain, instructions(tools), inUserMessage);
}

function instructions(tools: readonly JsonObject[]): string {
  return [
    'You can call functions. To call one, write its name and its arguments as JSON between tags, like this:',
    '<tool_call>',
    '{"name": "function_name", "arguments": {"parameter": "value"}}',
    '</tool_call>',
    'These are the functions, with the JSON schemas of their arguments:',
    '<tools>',
    ...tools.map((tool) => JSON.stringify(tool['function'] ?? tool)),
    '</tools>',
    'Call a function only if its result is needed. What it returns comes between <tool_response> tags.',
  ].join('\n');
}

function withInstructions(
  messages: readonly ChatMessage[],
  text: string,
  inUserMessage: boolean,
): readonly ChatMessage[] {
  const [first, ...rest] = messages;
  const isHost = first !== undefined && first.role !== 'assistant' && (first.role === 'user') === inUserMessage;
  if (isHost) return [{ ...first, content: joined(first.content, text, '\n\n') }, ...rest];
  return [{ role: inUserMessage ? 'user' : 'system', content: text }, ...messages];
}

/** Results and the user's next message become one message, because many templates want roles to alternate. */
function withoutToolRoles(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const plain: ChatMessage[] = [];
  /** The results since the last other message. */
  let results: string[] = [];
  const endResults = (...following: readonly string[]): void => {
    if (results.length > 0) plain.push({ role: 'user', content: [results.join('\n'), ...following].join('\n\n') });
    results = [];
  };
  for (const message of messages) {
    const { role, content, tool_calls: calls = [] } = message;
    if (role === 'tool') {
      results.push(`<tool_response>\n${content}\n</tool_response>`);
    } else if (role === 'user' && results.length > 0) {
      endResults(content);
    } else {
      endResults();
      plain.push(calls.length === 0 ? message : { role, content: joined(content, writtenCalls(calls), '\n') });
    }
  }
  endResults();
  return plain;
}

function writtenCalls(calls: readonly JsonObject[]): string {
  return calls.map((call) => `<tool_call>\n${JSON.stringify(writtenCall(call))}\n</tool_call>`).join('\n');
}

function writtenCall(call: JsonObject): object {
  const called = call['function'];
  const { name, arguments: given } = isRecord(called) ? called : {};
  return { name, arguments: given };
}

function joined(first: string, second: string, separator: string): string {
  return first === '' ? second : first + separator + second;
}
