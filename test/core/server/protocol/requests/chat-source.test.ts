import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { member } from '../../../../../src/core/base/json.js';
import { chatSource } from '../../../../../src/core/server/protocol/requests/chat-source.js';
import type { ChatCompletionRequest } from '../../../../../src/core/server/schemas/completions/completion-requests.js';

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

describe('calls of custom tools, from a conversation with another server', () => {
  const custom = { id: 'call_1', type: 'custom', custom: { name: 'patch', input: '*** Begin' } } as const;
  const result = { role: 'tool', content: 'Done', tool_call_id: 'call_1' } as const;

  it('reach the template as calls of a function with the input as its argument', () => {
    const { messages } = source({ messages: [user, { role: 'assistant', tool_calls: [custom] }, result] });
    const called = { name: 'patch', arguments: { input: '*** Begin' } };
    expect(messages[1]?.tool_calls).toEqual([{ id: 'call_1', type: 'function', function: called }]);
    expect(messages[2]?.name).toBe('patch');
  });

  it.each([
    ['custom', { type: 'custom', function: call }],
    ['function', { type: 'function', custom: custom.custom }],
    ['function', { id: 'call_1' }],
  ] as const)('and all others need what they call: "%s" is missing', (name, wrong) => {
    expect(() => source({ messages: [user, { role: 'assistant', tool_calls: [wrong] }] })).toThrow(
      expect.objectContaining({ code: 'invalid_request', param: `messages.1.tool_calls.0.${name}` }) as Error,
    );
  });
});

describe('an image in a chat', () => {
  const note = '[image omitted: this model reads text only]';
  const see = (type: string): { type: string; text?: string }[] => [{ type: 'text', text: 'See: ' }, { type }];
  const picture = { role: 'user', content: see('image_url') } as const;
  const calling = { ...assistant, tool_calls: [{ function: call }] };
  const result = { role: 'tool', content: see('image_url'), tool_call_id: 'call_1' } as const;
  const contents = (messages: ChatCompletionRequest['messages']): unknown =>
    source({ messages }).messages.map(({ content }) => content);

  it.each<[index: number, messages: ChatCompletionRequest['messages']]>([
    [0, [picture]],
    [2, [picture, assistant, picture]],
    [2, [user, assistant, picture, { role: 'system', content: 'Be brief.' }, user]],
    [0, [picture, assistant]],
    [0, [picture, { role: 'system', content: 'Be brief.' }]],
    [0, [{ role: 'system', content: see('image_url') }, user]],
  ])('is an error in what the model is to answer, and in what the system says: message %i of %j', (index, messages) => {
    expect(() => source({ messages })).toThrow(
      expect.objectContaining({
        param: `messages.${index}.content`,
        hint: expect.stringContaining('The model reads text only.') as string,
      }) as Error,
    );
  });

  it('is a note in earlier messages, and in the results of tools and what comes with them', () => {
    expect(contents([picture, assistant, user])).toEqual([`See: ${note}`, 'Well', 'Hi']);
    expect(contents([picture, calling, result, picture])).toEqual([
      `See: ${note}`,
      'Well',
      `See: ${note}`,
      `See: ${note}`,
    ]);
    const recording = { role: 'user', content: see('input_audio') } as const;
    expect(contents([recording, assistant, user])).toEqual([
      'See: [audio omitted: this model reads text only]',
      'Well',
      'Hi',
    ]);
  });

  it('never keeps a chat from going on', () => {
    const said = fc.constantFrom<ChatCompletionRequest['messages'][number]>(picture, result, calling, assistant, user, {
      role: 'assistant',
      content: see('image'),
    });
    fc.assert(
      fc.property(fc.array(said), (before) => {
        const text = JSON.stringify(contents([...before, assistant, user]));
        const images = before.filter(({ content }) => typeof content !== 'string').length;
        expect(text.split(note)).toHaveLength(images + 1);
      }),
    );
  });
});

describe('the messages of a chat', () => {
  it('have earlier thoughts under either of their names', () => {
    const thought = { ...assistant, reasoning_content: 'Hm.' };
    expect(source({ messages: [user, thought, user] })).toMatchObject({ messages: [user, thought, user] });
    expect(source({ messages: [user, { ...assistant, reasoning: 'Hm.' }, user] })).toMatchObject({
      messages: [user, thought, user],
    });
    const both = { ...thought, reasoning: 'Other.' };
    expect(source({ messages: [user, both, user] })).toMatchObject({ messages: [user, thought, user] });
  });

  it('say which call of a tool they answer', () => {
    const messages = [user, { role: 'tool', content: '21 °C', tool_call_id: 'call_1' } as const];
    expect(source({ messages })).toMatchObject({ messages });
    expect(source({ messages: [{ ...user, tool_call_id: null }] })).toEqual(source({ messages: [user] }));
  });

  it('may be results of functions, known by their names, that are nothing', () => {
    const messages = [user, calledFunction, { role: 'function', name: 'f', content: null } as const];
    expect(source({ messages }).messages.at(-1)).toMatchObject({ role: 'tool', name: 'f', content: '' });
    for (const message of [
      { role: 'function', name: 'f' },
      { role: 'tool', content: null },
    ] as const) {
      expect(() => source({ messages: [user, message] })).toThrow('"messages.1.content" is missing');
    }
  });

  it('have an identifier for each function call and its result, as strict templates require', () => {
    const returned = { role: 'function', name: 'f', content: '1' } as const;
    const { messages } = source({ messages: [user, calledFunction, returned, user, calledFunction, returned] });
    const ids = messages.flatMap(({ tool_calls: calls }) => calls?.map(({ id }) => id) ?? []);
    expect(new Set(ids).size).toBe(2);
    // Mistral's templates refuse anything else.
    for (const id of ids) expect(id).toMatch(/^[0-9A-Za-z]{9}$/);
    const answered = messages.filter(({ role }) => role === 'tool').map(({ tool_call_id: id }) => id);
    expect(answered).toEqual(ids);
    const alone = source({ messages: [user, returned] }).messages.at(-1);
    expect(alone).toEqual({ role: 'tool', name: 'f', content: '1' });
  });

  it('are the same whether the arguments of calls come as objects or as their JSON', () => {
    const calling = (given: string | Record<string, unknown>): unknown => {
      const called = { name: 'f', arguments: given };
      return source({
        messages: [
          user,
          { role: 'assistant', tool_calls: [{ id: 'call_1', function: called }] },
          { role: 'assistant', content: null, function_call: called },
        ],
      });
    };
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), (given) => {
        const text = JSON.stringify(given);
        expect(calling(JSON.parse(text) as typeof given)).toEqual(calling(text));
      }),
    );
  });

  it('have no objects as arguments that are nested too deeply', () => {
    let deep: Record<string, unknown> = {};
    for (let level = 1; level < 256; level += 1) deep = { deep };
    const calling = (given: Record<string, unknown>): unknown =>
      source({ messages: [user, { role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: given } }] }] });
    expect(() => calling(deep)).not.toThrow();
    expect(() => calling({ deep })).toThrow(
      expect.objectContaining({ code: 'invalid_request', param: 'messages.1' }) as Error,
    );
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

  it('have 50,000 strings in the arguments of all calls together, and as text what has more', () => {
    const listed = (count: number): string => JSON.stringify({ a: Array.from({ length: count }, () => 'b') });
    const texts = [listed(30_000), listed(19_998), listed(1), '{}'];
    const tool_calls = texts.map((text) => ({ function: { name: 'f', arguments: text } }));
    const { messages } = source({ messages: [user, { role: 'assistant', tool_calls }] });
    const read = messages[1]?.tool_calls?.map((made) => member(made['function'], 'arguments'));
    expect(read).toEqual(texts.map((text, index) => (index === 2 ? text : (JSON.parse(text) as unknown))));
  });
});
