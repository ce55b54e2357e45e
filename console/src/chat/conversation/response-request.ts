import { textOf } from './answer.js';
import type { Turn } from './conversation.js';
import { fieldsOf, numberSettings, type Settings } from './settings.js';

/** In the words of the Responses API; the others are called as in chats. */
const fieldNames: Readonly<Record<string, string>> = { max_tokens: 'max_output_tokens' };

/**
 * The body of a request for a response that the server stores. It continues the last response on the path that is stored;
 * only what comes after that is sent.
 *
 * @param path - The turns up to the one to be answered.
 */
export function responseBody(settings: Settings, path: readonly Turn[]): Readonly<Record<string, unknown>> {
  const numbers = numberSettings.flatMap(({ name, field }) => {
    const value = settings[name];
    return value === null ? [] : [[fieldNames[field] ?? field, value] as const];
  });
  const previous = path.findLastIndex(isStored);
  const more = fieldsOf(settings.more) ?? {};
  const tools = more['tools'];
  return {
    ...Object.fromEntries(numbers),
    ...(settings.model === null ? {} : { model: settings.model }),
    ...(settings.reasoningEffort === null ? {} : { reasoning: { effort: settings.reasoningEffort } }),
    ...(settings.system.trim() === '' ? {} : { instructions: settings.system }),
    ...more,
    ...(Array.isArray(tools) ? { tools: tools.map(flatTool) } : {}),
    input: path.slice(previous + 1).flatMap(itemsOf),
    previous_response_id: storedId(path[previous]),
    store: true,
    stream: true,
    stream_options: { include_queue: true },
  };
}

/** By which the server knows the conversation up to the last response on the path that is stored; null if none is. */
export function lastStored(path: readonly Turn[]): string | null {
  return storedId(path.findLast(isStored));
}

/** By which the server knows the responses of a conversation that it stores, those of all branches that are known. */
export function storedIds(turns: readonly Turn[]): readonly string[] {
  return turns.map(storedId).filter((id) => id !== null);
}

function storedId(turn: Turn | undefined): string | null {
  return turn?.type === 'reply' && turn.answer.isStored ? turn.answer.responseId : null;
}

function isStored(turn: Turn): boolean {
  return storedId(turn) !== null;
}

function itemsOf(turn: Turn): readonly object[] {
  switch (turn.type) {
    case 'question':
      return [{ role: 'user', content: turn.text }];
    case 'results':
      return turn.results.map(({ callId, text }) => ({ type: 'function_call_output', call_id: callId, output: text }));
    case 'reply': {
      const content = textOf(turn.answer);
      const calls = turn.answer.parts.flatMap((part) =>
        part.type === 'call'
          ? [{ type: 'function_call', call_id: part.id, name: part.name, arguments: part.arguments }]
          : [],
      );
      return [...(content === '' ? [] : [{ role: 'assistant', content }]), ...calls];
    }
  }
}

/** Chats have the description of a function in an object of its own. */
function flatTool(tool: unknown): unknown {
  if (typeof tool !== 'object' || tool === null || !('function' in tool)) return tool;
  const { function: description, ...others } = tool;
  return typeof description === 'object' ? { ...others, ...description } : tool;
}
