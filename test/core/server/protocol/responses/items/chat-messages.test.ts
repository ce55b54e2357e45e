import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../../../../../src/core/engine/engine.js';
import { chatMessages } from '../../../../../../src/core/server/protocol/responses/items/chat-messages.js';
import { inputItems } from '../../../../../../src/core/server/protocol/responses/items/input-items.js';
import { shorterChats } from '../../../../../../src/core/server/protocol/responses/truncation.js';
import type { WireItem } from '../../../../../../src/core/server/schemas/responses/response-items.js';

function messages(items: readonly WireItem[], instructions: string | null = null): readonly ChatMessage[] {
  const find = (): never => {
    throw new Error('There are no references.');
  };
  const read = inputItems(items, { key: 'd'.repeat(48), find, param: 'input' });
  return chatMessages(read, instructions);
}

const user = (content: string): WireItem => ({ role: 'user', content });
const said = (content: string): WireItem => ({ role: 'assistant', content });
const thought = (text: string): WireItem => ({ type: 'reasoning', content: [{ type: 'reasoning_text', text }] });
const called = (id: string): WireItem => ({ type: 'function_call', call_id: id, name: 'f', arguments: '{"a":1}' });
const output = (id: string): WireItem => ({ type: 'function_call_output', call_id: id, output: `of ${id}` });
const callOf = (id: string): object => ({ id, type: 'function', function: { name: 'f', arguments: { a: 1 } } });

describe('the chat of some items', () => {
  it('has the thought, the text and the calls of a turn in one message', () => {
    expect(
      messages([user('Hi'), thought('Hm.'), said('Wait.'), called('1'), called('2'), output('1'), output('2')]),
    ).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Wait.', reasoning_content: 'Hm.', tool_calls: [callOf('1'), callOf('2')] },
      { role: 'tool', content: 'of 1', tool_call_id: '1', name: 'f' },
      { role: 'tool', content: 'of 2', tool_call_id: '2', name: 'f' },
    ]);
  });

  it('begins another message where a thought or a text begins another turn', () => {
    expect(messages([user('Hi'), said('One.'), said('Two.'), thought('Hm.'), called('1')])).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'One.' },
      { role: 'assistant', content: 'Two.' },
      { role: 'assistant', content: '', reasoning_content: 'Hm.', tool_calls: [callOf('1')] },
    ]);
  });

  it('has an empty message where a thought was cut off', () => {
    expect(messages([user('Hi'), thought('Hm'), user('Go on.')])).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: '', reasoning_content: 'Hm' },
      { role: 'user', content: 'Go on.' },
    ]);
  });

  it('begins with the instructions, and what the system says at the beginning, as one message', () => {
    const developer = { role: 'developer', content: 'In English.' };
    expect(messages([developer, user('Hi'), developer], 'Be brief.')).toEqual([
      { role: 'system', content: 'Be brief.\n\nIn English.' },
      { role: 'user', content: 'Hi' },
      { role: 'developer', content: 'In English.' },
    ]);
    expect(messages([developer, user('Hi')])).toEqual([developer, { role: 'user', content: 'Hi' }]);
    expect(messages([], 'Be brief.')).toEqual([{ role: 'system', content: 'Be brief.' }]);
  });
});

describe('a chat that has to become shorter', () => {
  const contents = (chat: readonly ChatMessage[]): string =>
    chat.map(({ role, content, tool_call_id: id }) => id ?? (content || role)).join(' ');
  const shorterOf = (items: readonly WireItem[]): readonly string[] => {
    const { count, chat } = shorterChats(messages(items, 's'));
    return Array.from({ length: count }, (_, index) => contents(chat(index + 1)));
  };

  it('loses its oldest turns first, and then the oldest calls of the last turn', () => {
    const turns = [user('u1'), said('a1'), user('u2'), called('c1'), output('c1'), said('a2'), user('u3')];
    const last = [called('c2'), output('c2'), called('c3'), output('c3')];
    expect(shorterOf([...turns, ...last])).toEqual([
      's u2 assistant c1 a2 u3 assistant c2 assistant c3',
      's u3 assistant c2 assistant c3',
      's u3 assistant c3',
    ]);
  });

  it('is not made in every length at once', () => {
    const long = messages(Array.from({ length: 6000 }, () => user('Hi')));
    const before = process.memoryUsage().heapUsed;
    const { count, chat } = shorterChats(long);
    // All of them together have 18 million messages, which is 144 MB of pointers.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000);
    expect([count, chat(1).length, chat(count).length]).toEqual([5999, 5999, 1]);
  });

  it('cannot if there is nothing but one message', () => {
    expect(shorterOf([user('u1')])).toEqual([]);
    expect(shorterOf([])).toEqual([]);
  });
});
