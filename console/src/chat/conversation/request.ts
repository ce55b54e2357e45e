import { textOf } from './answer.js';
import type { Turn } from './conversation.js';
import { fieldsOf, numberSettings, type Settings } from './settings.js';

/** The body of a request for the answer to the last of these turns. */
export function requestBody(settings: Settings, path: readonly Turn[]): Readonly<Record<string, unknown>> {
  const numbers = numberSettings.flatMap(({ name, field }) => {
    const value = settings[name];
    return value === null ? [] : [[field, value] as const];
  });
  return {
    ...Object.fromEntries(numbers),
    ...(settings.model === null ? {} : { model: settings.model }),
    ...(settings.reasoningEffort === null ? {} : { reasoning_effort: settings.reasoningEffort }),
    ...fieldsOf(settings.more),
    messages: messagesOf(settings, path),
    stream: true,
    stream_options: { include_queue: true },
  };
}

/** A system prompt and turns in the words of the API. */
export function messagesOf({ system }: Settings, path: readonly Turn[]): readonly object[] {
  return [...(system.trim() === '' ? [] : [{ role: 'system', content: system }]), ...path.flatMap(messagesOfTurn)];
}

function messagesOfTurn(turn: Turn): readonly object[] {
  switch (turn.type) {
    case 'question':
      return [{ role: 'user', content: turn.text }];
    case 'results':
      return turn.results.map(({ callId, text }) => ({ role: 'tool', tool_call_id: callId, content: text }));
    case 'reply': {
      const calls = turn.answer.parts.flatMap((part) =>
        part.type === 'call'
          ? [{ id: part.id, type: 'function', function: { name: part.name, arguments: part.arguments } }]
          : [],
      );
      const content = textOf(turn.answer);
      // A turn without anything (it was stopped while it waited) would be refused.
      if (content === '' && calls.length === 0) return [];
      return [{ role: 'assistant', content, ...(calls.length === 0 ? {} : { tool_calls: calls }) }];
    }
  }
}
