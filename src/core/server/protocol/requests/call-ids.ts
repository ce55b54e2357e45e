import type { WireMessage } from '../../schemas/completions/completion-requests.js';

/**
 * The messages, with calls and results of functions, as OpenAI had them before tools, in the form of tools. They have no
 * identifiers, but some chat templates require them, and those of Mistral's models nine letters or digits. The same
 * conversation always gets the same ones, so that the prompt cache finds it.
 */
export function withCallIds(messages: readonly WireMessage[]): readonly WireMessage[] {
  if (messages.every((message) => calledIn(message) === null)) return messages;
  let latest: string | null = null;
  return messages.map((message, index) => {
    if (message.role === 'function') return { ...message, tool_call_id: message.tool_call_id ?? latest };
    const called = calledIn(message);
    if (called === null) return message;
    latest = String(index).padStart(9, '0');
    return { ...message, tool_calls: [{ id: latest, function: called }] };
  });
}

type Called = NonNullable<WireMessage['function_call']>;

/** A single call, which only counts without calls of tools; null for none. */
function calledIn({ function_call: call, tool_calls: calls }: WireMessage): Called | null {
  return calls === undefined || calls === null ? (call ?? null) : null;
}
