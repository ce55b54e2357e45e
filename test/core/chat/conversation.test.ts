import { describe, expect, it } from 'vitest';
import { readLine } from '../../../src/core/chat/chat-line.js';
import { Conversation } from '../../../src/core/chat/conversation.js';
import { readParameter } from '../../../src/core/chat/parameters.js';

describe('a conversation', () => {
  it('is the same after it was saved and loaded', () => {
    const conversation = new Conversation();
    conversation.system = 'Be brief.';
    conversation.set('temperature', 0.2);
    conversation.ask('Why?\n"Because"');
    conversation.answer('So.');
    const loaded = Conversation.parse(conversation.toText(), 'a.json');
    expect(loaded.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Why?\n"Because"' },
      { role: 'assistant', content: 'So.' },
    ]);
    expect(loaded.parameters).toEqual({ temperature: 0.2 });
  });

  it.each(['', '{', '{"schema":"other"}', '[]', '{"schema":"chatstream.chat/v1","messages":[{"role":"tool"}]}'])(
    'cannot be loaded from %j',
    (text) => {
      expect(() => Conversation.parse(text, 'a.json')).toThrow('a.json is not a saved conversation.');
      expect(Conversation.isSaved(text)).toBe(false);
    },
  );

  it('takes back what was said last', () => {
    const conversation = new Conversation();
    conversation.ask('One');
    expect(conversation.isUnanswered).toBe(true);
    conversation.answer('Two');
    expect([conversation.isUnanswered, conversation.takeBack(), conversation.isUnanswered]).toEqual([
      false,
      'Two',
      true,
    ]);
  });
});

describe('a line', () => {
  it.each([
    ['Hello', { type: 'message', text: 'Hello' }],
    ['/etc/hosts is a file', { type: 'message', text: '/etc/hosts is a file' }],
    ['/ is the root', { type: 'message', text: '/ is the root' }],
    ['/System  Be brief. ', { type: 'command', name: 'system', rest: 'Be brief.' }],
    ['/bye', { type: 'command', name: 'exit', rest: '' }],
    ['/frobnicate now', { type: 'unknown-command', name: 'frobnicate' }],
  ])('%j is read as what it is', (line, read) => {
    expect(readLine(line)).toEqual(read);
  });
});

describe('a parameter', () => {
  it.each([
    ['temperature', '0.2', 0.2],
    ['stop', 'END', 'END'],
    ['stop', '["a","b"]', ['a', 'b']],
    ['stop', '1', '1'],
    ['reasoning_effort', 'low', 'low'],
    ['chat_template_kwargs', '{"enable_thinking":false}', { enable_thinking: false }],
  ])('%s takes %s', (name, written, value) => {
    expect(readParameter(name, written)).toEqual(value);
  });

  it('says which values it takes, and which parameters there are', () => {
    expect(() => readParameter('max_tokens', 'many')).toThrow('max_tokens is a whole number, not many.');
    expect(() => readParameter('temprature', '1')).toThrow('There is no parameter "temprature".');
    expect(() => readParameter('constructor', '1')).toThrow('There is no parameter "constructor".');
  });
});
