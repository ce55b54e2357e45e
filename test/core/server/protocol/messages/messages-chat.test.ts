import { describe, expect, it } from 'vitest';
import { chatMessages } from '../../../../../src/core/server/protocol/messages/messages-chat.js';
import type { MessagesRequest, WireTurn } from '../../../../../src/core/server/schemas/messages/messages-requests.js';

const chat = (messages: readonly WireTurn[], changes: Partial<MessagesRequest> = {}): ReturnType<typeof chatMessages> =>
  chatMessages({ messages: [...messages], ...changes });

const user = (...content: Exclude<WireTurn['content'], string>): WireTurn => ({ role: 'user', content });
const assistant = (...content: Exclude<WireTurn['content'], string>): WireTurn => ({ role: 'assistant', content });
const text = (said: string): { type: string; text: string } => ({ type: 'text', text: said });
const call = (
  id: string,
  name: string,
): { type: string; id: string; name: string; input: Record<string, unknown> } => ({
  type: 'tool_use',
  id,
  name,
  input: { for: id },
});

const refusal = (messages: readonly WireTurn[], changes: Partial<MessagesRequest> = {}): unknown => {
  try {
    chat(messages, changes);
  } catch (error) {
    return error;
  }
  return null;
};

const hello = user(text('hello'));
const note = (what: string): string => `[${what} omitted: this model reads text only]`;
const askedTwice = assistant(text('Let me see.'), call('a', 'first'), call('b', 'second'));

describe('messages with many blocks', () => {
  it('are joined, however many there are', () => {
    const [many] = chat([
      user(text('a')),
      { role: 'user', content: Array.from({ length: 1_000_000 }, () => text('b')) },
    ]);
    expect(many?.content.length).toBe(2_000_001);
  });
});

describe('system prompts', () => {
  it('are strings or blocks of text, in lines', () => {
    const system = [text('You are kind.'), { ...text('Be brief.'), cache_control: { type: 'ephemeral' } }];
    expect(chat([hello], { system: 'You are kind.' })).toMatchObject([
      { role: 'system', content: 'You are kind.' },
      {},
    ]);
    expect(chat([hello], { system })).toEqual([
      { role: 'system', content: 'You are kind.\nBe brief.' },
      { role: 'user', content: 'hello' },
    ]);
  });

  it('are left out if they are empty', () => {
    expect(chat([hello], { system: '' })).toEqual([{ role: 'user', content: 'hello' }]);
    expect(chat([hello], { system: [] })).toEqual([{ role: 'user', content: 'hello' }]);
  });

  it('lose the note that Claude Code changes with each request', () => {
    const system = [text('x-anthropic-billing-header: cc_version=2.1; cch=1f2e3;'), text('You are Claude Code.')];
    expect(chat([hello], { system })).toMatchObject([{ role: 'system', content: 'You are Claude Code.' }, {}]);
  });

  it('may be the first messages', () => {
    const first = { role: 'system' as const, content: [text('Be'), text('brief.')] };
    expect(chat([first, { role: 'system', content: 'Please.' }, hello], { system: 'You are kind.' })).toEqual([
      { role: 'system', content: 'You are kind.\nBe\nbrief.\nPlease.' },
      { role: 'user', content: 'hello' },
    ]);
  });

  it('between messages are reminders in what the user says, because many templates refuse them there', () => {
    const later = { role: 'system' as const, content: [text('Be'), text('brief.')] };
    expect(chat([hello, later, user(text('Well?'))])).toEqual([
      { role: 'user', content: 'hello\n<system-reminder>\nBe\nbrief.\n</system-reminder>\nWell?' },
    ]);
    expect(chat([hello, assistant(text('Hi.')), later])).toMatchObject([
      { role: 'user' },
      { role: 'assistant' },
      { role: 'user', content: '<system-reminder>\nBe\nbrief.\n</system-reminder>' },
    ]);
  });
});

describe('messages', () => {
  it('of one role that follow each other are one', () => {
    const messages = [hello, user(text('you')), { role: 'user' as const, content: 'there' }];
    expect(chat([...messages, assistant(text('Hi')), assistant(text('!'))])).toEqual([
      { role: 'user', content: 'hello\nyou\nthere' },
      { role: 'assistant', content: 'Hi!' },
    ]);
  });

  it('have calls with their input as an object, and thoughts', () => {
    const thought = { type: 'thinking', thinking: 'Hm.', signature: 'xyz' };
    const secret = { type: 'redacted_thinking', data: 'xyz' };
    expect(chat([hello, assistant(thought, secret, text('Wait.'), call('a', 'first'))])).toEqual([
      { role: 'user', content: 'hello' },
      {
        role: 'assistant',
        content: 'Wait.',
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'first', arguments: { for: 'a' } } }],
        reasoning_content: 'Hm.',
      },
    ]);
  });

  it('lose what Anthropic alone can read or run', () => {
    const searched = [
      { type: 'server_tool_use', id: 's' },
      { type: 'web_search_tool_result', tool_use_id: 's' },
    ];
    const said = assistant(text('I look. '), ...searched, text('It rains.'), { type: 'fallback' });
    expect(chat([hello, said, hello])).toEqual([
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'I look. It rains.' },
      { role: 'user', content: 'hello' },
    ]);
  });

  it.each([[[{ type: 'server_tool_use' }, { type: 'mcp_tool_result' }]], [[{ type: 'redacted_thinking' }]]])(
    'are not there if nothing is left of them: %j',
    (blocks) => {
      expect(chat([hello, assistant(...blocks), user(text('Well?'))])).toEqual([
        { role: 'user', content: 'hello\nWell?' },
      ]);
      expect(chat([hello, assistant(...blocks)])).toEqual([{ role: 'user', content: 'hello' }]);
      expect(refusal([assistant(...blocks)])).toMatchObject({ code: 'invalid_request', param: 'messages' });
    },
  );

  it.each([
    ['image', user({ type: 'image' }), 'messages.0.content.0'],
    ['document', user(text('See:'), { type: 'document' }), 'messages.0.content.1'],
    ['compaction', assistant({ type: 'compaction' }), 'messages.0.content.0'],
    ['constructor', user({ type: 'constructor' }), 'messages.0.content.0'],
  ])('with a block of type %s are refused', (type, message, param) => {
    expect(refusal([message])).toMatchObject({ code: 'invalid_request', param });
    expect(refusal([message])).toHaveProperty('message', expect.stringContaining(`"${type}"`));
  });

  it.each([
    [user(call('a', 'first')), 'messages.0.content.0'],
    [user({ type: 'web_search_tool_result' }), 'messages.0.content.0'],
    [assistant({ type: 'tool_result', tool_use_id: 'a' }), 'messages.0.content.0'],
    [user({ type: 'text' }), 'messages.0.content.0.text'],
    [assistant({ type: 'tool_use', name: 'x' }), 'messages.0.content.0.id'],
    [user({ type: 'tool_result' }), 'messages.0.content.0.tool_use_id'],
  ])('with a wrong block are refused: %j', (message, param) => {
    expect(refusal([message])).toMatchObject({ code: 'invalid_request', param });
  });

  it('of the system can have text only', () => {
    expect(refusal([hello], { system: [{ type: 'image' }] })).toMatchObject({ param: 'system.0' });
  });
});

describe('results of tools', () => {
  it('are messages of their own, before the text of the user', () => {
    const result = { type: 'tool_result', tool_use_id: 'a', content: 'done' };
    const other = { type: 'tool_result', tool_use_id: 'b', content: [text('one'), text('two')] };
    expect(chat([hello, askedTwice, user(text('And now?'), result, other)])).toMatchObject([
      { role: 'user' },
      { role: 'assistant' },
      { role: 'tool', content: 'done', tool_call_id: 'a', name: 'first' },
      { role: 'tool', content: 'one\ntwo', tool_call_id: 'b', name: 'second' },
      { role: 'user', content: 'And now?' },
    ]);
  });

  it('come in the order of their calls, also from several messages', () => {
    const result = (id: string): WireTurn => user({ type: 'tool_result', tool_use_id: id, content: id });
    const messages = chat([hello, askedTwice, result('z'), result('b'), result('a')]);
    expect(messages).toMatchObject([{}, {}, { content: 'a' }, { content: 'b' }, { content: 'z' }]);
    expect(messages).toHaveLength(5);
  });

  it.each([
    ['Not found.', 'Error: Not found.'],
    ['Error: not found', 'Error: not found'],
    ['TypeError: x is not a function', 'TypeError: x is not a function'],
    ['<tool_use_error>No such file</tool_use_error>', '<tool_use_error>No such file</tool_use_error>'],
  ])('that are errors say so: %s', (content, said) => {
    const failed = user({ type: 'tool_result', tool_use_id: 'a', content, is_error: true });
    expect(chat([hello, askedTwice, failed])).toMatchObject([{}, {}, { role: 'tool', content: said }]);
  });

  it('may be empty, or name tools that were found', () => {
    const found = { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'tool_reference', tool_name: 'grep' }] };
    expect(chat([hello, askedTwice, user(found, { type: 'tool_result', tool_use_id: 'b' })])).toMatchObject([
      {},
      {},
      { content: 'grep' },
      { content: '' },
    ]);
  });

  it('have a note in the place of an image, and so has what comes with them', () => {
    const content = [text('See:'), { type: 'image' }, { type: 'document', source: { type: 'base64' } }];
    const result = { type: 'tool_result', tool_use_id: 'a', content };
    expect(chat([hello, askedTwice, user(result, { type: 'document' })])).toMatchObject([
      {},
      {},
      { role: 'tool', content: `See:\n${note('image')}\n${note('document')}` },
      { role: 'user', content: note('document') },
    ]);
  });

  it('with anything else are refused', () => {
    const result = user({ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'browser_state' }] });
    expect(refusal([hello, askedTwice, result])).toMatchObject({ param: 'messages.2.content.0.content.0' });
  });
});

describe('an image', () => {
  const image = { type: 'image' };

  it('is an error in what the model is to answer', () => {
    const wrong = { code: 'invalid_request', hint: expect.stringContaining('The model reads text only.') as string };
    expect(refusal([hello, assistant(text('Yes?')), user(text('See:'), image)])).toMatchObject({
      ...wrong,
      param: 'messages.2.content.1',
    });
    expect(refusal([user(image), assistant(text('It shows'))])).toMatchObject({
      ...wrong,
      param: 'messages.0.content.0',
    });
    expect(refusal([hello, assistant(text('Yes?')), user(image), user(text('What is it?'))])).toMatchObject({
      ...wrong,
      param: 'messages.2.content.0',
    });
  });

  it('is a note in earlier messages', () => {
    expect(chat([user(text('See:'), image), assistant(text('I cannot.')), hello])).toMatchObject([
      { role: 'user', content: `See:\n${note('image')}` },
      { role: 'assistant', content: 'I cannot.' },
      { role: 'user', content: 'hello' },
    ]);
    expect(chat([user(image), askedTwice, user({ type: 'tool_result', tool_use_id: 'a' })])).toMatchObject([
      { content: note('image') },
      {},
      {},
    ]);
  });
});

describe('thoughts of earlier turns', () => {
  const thought = (said: string): WireTurn => assistant({ type: 'thinking', thinking: said }, text('ok'));
  const talk = [hello, thought('one'), hello, thought('two'), hello, assistant(text('three')), hello];

  const thoughtsWith = (keep: unknown): unknown => {
    const edits = [{ type: 'clear_thinking_20251015', ...(keep !== undefined && { keep }) }];
    const messages = chatMessages({ messages: talk, context_management: { edits } });
    return messages.map(({ reasoning_content: said }) => said).filter((said) => said !== undefined);
  };

  it.each([
    ['all', ['one', 'two']],
    [{ type: 'all' }, ['one', 'two']],
    [{ type: 'thinking_turns', value: 2 }, ['one', 'two']],
    [{ type: 'thinking_turns', value: 1 }, ['two']],
    [undefined, ['two']],
  ])('are kept if the client says so: %j', (keep, kept) => {
    expect(thoughtsWith(keep)).toEqual(kept);
  });

  it.each(['some', { type: 'thinking_turns', value: 0 }, 3])('cannot be kept like this: %j', (keep) => {
    expect(() => thoughtsWith(keep)).toThrow('context_management.edits.0.keep');
  });
});
