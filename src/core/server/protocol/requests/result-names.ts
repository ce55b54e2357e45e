import { isRecord } from '../../../base/json.js';
import type { ChatMessage, JsonObject } from '../../../engine/engine.js';

/**
 * The messages, with the name of the called function in each result that has no name. Clients send the identifier of the
 * call alone, and some chat templates show only the name.
 */
export function withResultNames(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  if (!messages.some(isNameless)) return messages;
  const names = new Map<unknown, string>();
  return messages.map((message) => {
    for (const call of message.tool_calls ?? []) {
      const name = calledName(call);
      if (name !== null) names.set(call['id'], name);
    }
    const name = isNameless(message) ? names.get(message.tool_call_id) : undefined;
    return name === undefined ? message : { ...message, name };
  });
}

function isNameless({ role, name, tool_call_id: call }: ChatMessage): boolean {
  return role === 'tool' && name === undefined && call !== undefined;
}

function calledName({ function: called }: JsonObject): string | null {
  return isRecord(called) && typeof called['name'] === 'string' ? called['name'] : null;
}
