import { describe, expect, it } from 'vitest';
import type { ChatMessage, PromptSource } from '../../../../../src/core/engine/engine.js';
import { isQuickChat } from '../../../../../src/core/engine/llama/prompt/quick-chats.js';

type Chat = Extract<PromptSource, { type: 'chat' }>;

const user = (content: string): ChatMessage => ({ role: 'user', content });

function chat(more: Partial<Chat>): Chat {
  return { type: 'chat', messages: [user('Hi')], ...more };
}

describe('a chat that is rendered without ado', () => {
  it.each([
    ['usual', {}],
    ['of 60 messages', { messages: Array.from({ length: 60 }, () => user('a')) }],
    ['of 16,000 characters', { messages: [user('a'.repeat(16_000))] }],
    ['with a switch of the template', { arguments: { enable_thinking: false } }],
    ['with a tool', { tools: [{ type: 'function', function: { name: 'f', parameters: { properties: { a: {} } } } }] }],
  ] as const)('may be %s', (_name, more) => {
    expect(isQuickChat(chat(more))).toBe(true);
  });

  it.each([
    ['many messages', { messages: Array.from({ length: 200 }, () => user('a')) }],
    ['long text', { messages: [user('a'.repeat(9000)), user('b'.repeat(9000))] }],
    ['long names of fields', { arguments: { ['a'.repeat(17_000)]: 1 } }],
    ['many documents', { documents: Array.from({ length: 300_000 }, () => ({})) }],
    ['many values of the template', { arguments: { list: Array.from({ length: 300 }, () => 1) } }],
    ['deep values', { arguments: nested(300) }],
    ['many calls', { messages: [{ ...user(''), tool_calls: Array.from({ length: 150 }, () => ({ function: {} })) }] }],
    ['large tools', { tools: [{ function: { parameters: { enum: Array.from({ length: 300 }, () => 'a') } } }] }],
  ] as const)('has not %s', (_name, more) => {
    expect(isQuickChat(chat(more))).toBe(false);
  });
});

function nested(levels: number): Readonly<Record<string, unknown>> {
  return levels === 0 ? {} : { a: nested(levels - 1) };
}
