import { describe, expect, it } from 'vitest';
import { withGenericTools } from '../../../../../src/core/engine/dialects/templates/generic-tools.js';
import type { ChatMessage } from '../../../../../src/core/engine/engine.js';

const tool = { type: 'function', function: { name: 'now', description: 'The time.' } };
const user: ChatMessage = { role: 'user', content: 'When?' };

function called(content: string): ChatMessage {
  return {
    role: 'assistant',
    content,
    tool_calls: [{ id: 'a', type: 'function', function: { name: 'now', arguments: { zone: 'UTC' } } }],
  };
}

describe('many messages', () => {
  it('take as long as few, each: copying what came before with each message would take minutes', () => {
    const results = Array.from({ length: 200_000 }, (): ChatMessage => ({ role: 'tool', content: 'result' }));
    const questions = Array.from({ length: 200_000 }, (): ChatMessage => ({ role: 'user', content: '' }));
    expect(withGenericTools(results, [], false)).toHaveLength(1);
    expect(withGenericTools(questions, [], false)).toHaveLength(questions.length);
  });
});

describe('tools in messages', () => {
  it('are described in the system message, after what is there', () => {
    const [system, ...rest] = withGenericTools([{ role: 'system', content: 'Be brief.' }, user], [tool], false);
    expect(system?.content).toMatch(/^Be brief\.\n\nYou can call functions/);
    expect(system?.content).toContain(JSON.stringify(tool.function));
    expect(rest).toEqual([user]);
    expect(withGenericTools([user], [tool], false)[0]).toMatchObject({ role: 'system' });
  });

  it('are described in the first message of the user where there are no system messages', () => {
    const [first, ...rest] = withGenericTools([user], [tool], true);
    expect(first).toMatchObject({ role: 'user' });
    expect(first?.content).toMatch(/^When\?\n\nYou can/);
    expect(rest).toEqual([]);
  });

  it('are written as text where they were called, and so are their results', () => {
    const messages = [user, called('Well.'), ...['1', '2'].map((content): ChatMessage => ({ role: 'tool', content }))];
    expect(withGenericTools(messages, [], false)).toEqual([
      user,
      {
        role: 'assistant',
        content: 'Well.\n<tool_call>\n{"name":"now","arguments":{"zone":"UTC"}}\n</tool_call>',
      },
      { role: 'user', content: '<tool_response>\n1\n</tool_response>\n<tool_response>\n2\n</tool_response>' },
    ]);
  });

  it('are one message together with what the user says after their results', () => {
    const messages: ChatMessage[] = [
      user,
      called(''),
      { role: 'tool', content: '1' },
      { role: 'user', content: 'And?' },
    ];
    expect(withGenericTools(messages, [], false).at(-1)).toEqual({
      role: 'user',
      content: '<tool_response>\n1\n</tool_response>\n\nAnd?',
    });
  });

  it('leave a chat without them as it is', () => {
    const chat = [user, { role: 'assistant', content: 'Now.' } as const];
    expect(withGenericTools(chat, [], false)).toEqual(chat);
  });
});
