import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../../../../src/core/engine/engine.js';
import { chatSource } from '../../../../../src/core/server/protocol/requests/chat-source.js';
import { withResultNames } from '../../../../../src/core/server/protocol/requests/result-names.js';
import { chatMessages } from '../../../../../src/core/server/protocol/responses/items/chat-messages.js';
import type { ChatCompletionRequest } from '../../../../../src/core/server/schemas/completions/completion-requests.js';

const call = (id: string, name: string) => ({ id, type: 'function', function: { name, arguments: {} } });
const calling = (...calls: readonly ReturnType<typeof call>[]): ChatMessage => {
  return { role: 'assistant', content: '', tool_calls: calls };
};
const result = (id: string): ChatMessage => ({ role: 'tool', content: '3', tool_call_id: id });

describe('withResultNames', () => {
  it('names the function that each result comes from, in any order', () => {
    const messages = [calling(call('a', 'add'), call('b', 'now')), result('b'), result('a')];
    expect(withResultNames(messages).map(({ name }) => name)).toEqual([undefined, 'now', 'add']);
  });

  it('takes the latest call before the result, where identifiers are repeated', () => {
    const messages = [calling(call('0', 'add')), result('0'), calling(call('0', 'now')), result('0')];
    expect(withResultNames(messages).map(({ name }) => name)).toEqual([undefined, 'add', undefined, 'now']);
  });

  it('leaves names, results of unknown calls, and other messages as they are', () => {
    const messages = [
      { role: 'user', content: 'Hi' } as const,
      calling(call('a', 'add')),
      { ...result('a'), name: 'mine' },
      result('x'),
      { role: 'tool', content: '3' } as const,
    ];
    expect(withResultNames(messages)).toEqual(messages);
  });
});

describe('results of calls', () => {
  it('have the name of the function in chats', () => {
    const called = { id: 'call_1', type: 'function' as const, function: { name: 'add', arguments: '{}' } };
    const messages: ChatCompletionRequest['messages'] = [
      { role: 'assistant', content: null, tool_calls: [called] },
      { role: 'tool', content: '3', tool_call_id: 'call_1' },
    ];
    const source = chatSource({ messages }, null, { effort: undefined, maxTokens: null });
    expect(source.messages.at(-1)).toMatchObject({ role: 'tool', name: 'add', tool_call_id: 'call_1' });
  });

  it('have the name of the function in responses', () => {
    const status = 'completed' as const;
    const items = [
      { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'add', arguments: '{}', status } as const,
      { type: 'function_call_output', id: 'fco_1', call_id: 'c1', output: '3', status } as const,
    ];
    expect(chatMessages(items, null).at(-1)).toMatchObject({ role: 'tool', name: 'add', tool_call_id: 'c1' });
  });
});
