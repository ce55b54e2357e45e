import { describe, expect, it } from 'vitest';
import { member } from '../../../../src/core/base/json.js';
import { chatSource } from '../../../../src/core/server/protocol/chat-source.js';
import type { ChatCompletionRequest } from '../../../../src/core/server/schemas/completion-requests.js';

const user = { role: 'user', content: 'Hi' } as const;
const assistant = { role: 'assistant', content: 'Well' } as const;
const call = { name: 'f', arguments: '{}' };
const called = { ...assistant, tool_calls: [{ id: 'call_1', type: 'function', function: call }] } as const;
const calledFunction = { role: 'assistant', content: null, function_call: call } as const;

function source(changes: Partial<ChatCompletionRequest>) {
  return chatSource({ messages: [user], ...changes }, null, { effort: undefined, maxTokens: null });
}

describe('the end of a chat', () => {
  it.each([
    { messages: [user], ending: 'answer' },
    { messages: [user, assistant], ending: 'continue' },
    { messages: [user, assistant], add_generation_prompt: true, ending: 'answer' },
    { messages: [user, assistant], add_generation_prompt: false, ending: 'continue' },
    { messages: [user, assistant], continue_final_message: false, ending: 'answer' },
    { messages: [user, assistant], continue_final_message: false, add_generation_prompt: false, ending: 'none' },
    { messages: [user, called], ending: 'answer' },
    { messages: [user, calledFunction], ending: 'answer' },
    { messages: [user], continue_final_message: true, ending: 'continue' },
    { messages: [user], add_generation_prompt: false, ending: 'none' },
    { messages: [user, assistant], continue_final_message: null, add_generation_prompt: null, ending: 'continue' },
  ])('is $ending for case $#', ({ ending, ...changes }) => {
    expect(source(changes)).toMatchObject({ ending });
  });

  it('cannot be both the beginning of an answer and the last message', () => {
    expect(() => source({ add_generation_prompt: true, continue_final_message: true })).toThrow(
      expect.objectContaining({ code: 'invalid_request', param: 'continue_final_message' }),
    );
  });
});

describe('the variables of the chat template', () => {
  it('are objects of any kind', () => {
    const given = { enable_thinking: false, style: { tones: ['dry'] } };
    expect(source({ chat_template_kwargs: given, documents: [{ title: 'A' }] })).toMatchObject({
      arguments: given,
      documents: [{ title: 'A' }],
    });
    expect(source({ chat_template_kwargs: null })).not.toHaveProperty('arguments');
  });

  it.each(['messages', 'tools', 'bos_token', 'add_generation_prompt'])('do not include %s', (name) => {
    expect(() => source({ chat_template_kwargs: { [name]: 'x' } })).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        param: 'chat_template_kwargs',
        message: `"chat_template_kwargs" cannot set "${name}".`,
      }),
    );
  });

  it('are not nested too deeply', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 300; level += 1) deep = [deep];
    expect(() => source({ chat_template_kwargs: { deep } })).toThrow('nested too deeply');
    expect(() => source({ documents: [{ deep }] })).toThrow('nested too deeply');
  });
});

describe('the messages of a chat', () => {
  it('say which call of a tool they answer', () => {
    const messages = [user, { role: 'tool', content: '21 °C', tool_call_id: 'call_1' } as const];
    expect(source({ messages })).toMatchObject({ messages });
    expect(source({ messages: [{ ...user, tool_call_id: null }] })).toEqual(source({ messages: [user] }));
  });

  it('may be results of functions, known by their names, that are nothing', () => {
    const messages = [user, calledFunction, { role: 'function', name: 'f', content: null } as const];
    expect(source({ messages }).messages.at(-1)).toEqual({ role: 'tool', name: 'f', content: '' });
    for (const message of [
      { role: 'function', name: 'f' },
      { role: 'tool', content: null },
    ] as const) {
      expect(() => source({ messages: [user, message] })).toThrow('"messages.1.content" is missing');
    }
  });

  it('have the arguments of calls as objects, unless those are nested too deeply', () => {
    const nested = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
    const argumentsIn = (text: string): unknown => {
      const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: text } } as const;
      const { messages } = source({ messages: [user, { role: 'assistant', tool_calls: [call] }] });
      return member(messages[1]?.tool_calls?.[0]?.['function'], 'arguments');
    };
    expect(argumentsIn(nested(256))).toEqual(JSON.parse(nested(256)));
    expect(argumentsIn(nested(257))).toBe(nested(257));
    expect(argumentsIn(nested(100_000))).toBe(nested(100_000));
  });

  it.each([
    ['objects and lists', (count: number) => `{"a":[${'[],'.repeat(count - 3)}[]]}`],
    ['members', (count: number) => `{${Array.from({ length: count }, (_, index) => `"a${index}":1`).join()}}`],
  ])('have 20,000 %s in the arguments of all calls together, and as text what has more', (_name, wide) => {
    const texts = [wide(15_000), wide(15_000), wide(5000), wide(10)];
    const calls = texts.map((text) => ({ function: { name: 'f', arguments: text } }));
    const assistant = calls.map((call) => ({ role: 'assistant' as const, tool_calls: [call] }));
    const { messages } = source({ messages: [user, ...assistant] });
    const read = messages.slice(1).map(({ tool_calls: made }) => member(made?.[0]?.['function'], 'arguments'));
    expect(read).toEqual([JSON.parse(wide(15_000)), wide(15_000), JSON.parse(wide(5000)), wide(10)]);
  });
});
