import { isRecord } from '../../base/json.js';
import type { ChatMessage, JsonObject } from '../engine.js';

/**
 * A chat with tools for a template that knows none: the tools and how to call them are told in the system message, and
 * earlier calls and results are written as text. The calls look as Hermes' models write them.
 *
 * @param inUserMessage whether the template has no system messages, so that the first message of the user has to do
 */
export function withGenericTools(
  messages: readonly ChatMessage[],
  tools: readonly JsonObject[],
  inUserMessage: boolean,
): readonly ChatMessage[] {
  const plain = messages.reduce<readonly ChatMessage[]>((before, message) => appended(before, message), []);
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

/** Results and what the user says after them are one message: many templates want roles to alternate. */
function appended(before: readonly ChatMessage[], message: ChatMessage): readonly ChatMessage[] {
  const { role, content, tool_calls: calls = [] } = message;
  const last = before.at(-1);
  const isAfterResult = last?.role === 'user' && last.content.endsWith('</tool_response>');
  if (role === 'tool') {
    const result = `<tool_response>\n${content}\n</tool_response>`;
    return isAfterResult
      ? [...before.slice(0, -1), { ...last, content: `${last.content}\n${result}` }]
      : [...before, { role: 'user', content: result }];
  }
  if (role === 'user' && isAfterResult) {
    return [...before.slice(0, -1), { ...last, content: joined(last.content, content, '\n\n') }];
  }
  if (calls.length === 0) return [...before, message];
  const written = calls.map((call) => `<tool_call>\n${JSON.stringify(writtenCall(call))}\n</tool_call>`).join('\n');
  return [...before, { role, content: joined(content, written, '\n') }];
}

function writtenCall(call: JsonObject): object {
  const called = call['function'];
  const { name, arguments: given } = isRecord(called) ? called : {};
  return { name, arguments: given };
}

function joined(first: string, second: string, separator: string): string {
  return first === '' ? second : first + separator + second;
}
