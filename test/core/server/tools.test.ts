import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, createTestApp, type TestApp } from '../../support/app.js';
import { openStream } from '../../support/stream-client.js';
import { parseStream } from '../../support/stream-parts.js';

const path = '/v1/chat/completions';

const tool = (name: string, properties: object, required: readonly string[] = []): object => ({
  type: 'function',
  function: { name, description: 'For tests.', parameters: { type: 'object', properties, required } },
});

const tools = [
  tool('get_weather', { city: { type: 'string' }, unit: { enum: ['celsius', 'fahrenheit'] } }, ['city', 'unit']),
  tool('now', {}),
];

const oslo = { city: 'Oslo {"x"}', unit: 'celsius' };
const question = `Please get_weather ${JSON.stringify(oslo)} and now`;

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp({ engine: { reply: 'echo' } });
});
afterAll(async () => {
  await app.close();
});

interface WireCall {
  readonly id?: string;
  readonly type?: string;
  readonly function: { readonly name?: string; readonly arguments: string };
}

interface Message {
  readonly content: string | null;
  readonly tool_calls?: readonly WireCall[];
}

async function answer(body: object): Promise<{ readonly message: Message; readonly reason: string }> {
  const response = await app.post(path, body);
  expect(response.statusCode, response.body).toBe(200);
  const { choices } = response.json<{ choices: { message: Message; finish_reason: string }[] }>();
  const [choice] = choices;
  if (choice === undefined) throw new Error('There is no choice.');
  return { message: choice.message, reason: choice.finish_reason };
}

function calls({ message }: { readonly message: Message }): readonly unknown[] {
  return (message.tool_calls ?? []).map((call) => [call.function.name, JSON.parse(call.function.arguments) as unknown]);
}

describe('a whole answer with calls', () => {
  it('has the calls, their reason, and no content', async () => {
    const whole = await answer(chat(question, { tools }));
    expect(whole).toMatchObject({ reason: 'tool_calls', message: { content: null } });
    expect(calls(whole)).toEqual([
      ['get_weather', oslo],
      ['now', {}],
    ]);
    const ids = whole.message.tool_calls?.map(({ id }) => id) ?? [];
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^call_[0-9a-f]{24}$/);
  });

  it('has one call if calls may not be parallel', async () => {
    expect(calls(await answer(chat(question, { tools, parallel_tool_calls: false })))).toHaveLength(1);
  });

  it.each([
    ['no tools', { tools: [] }],
    ['tools that are null', { tools: null }],
    ['the choice of none', { tools, tool_choice: 'none' }],
    ['no allowed ones', { tools, tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } } }],
    ['an empty list and the choice of auto', { tools: [], tool_choice: 'auto' }],
  ])('is text with %s', async (_name, more) => {
    expect(await answer(chat(question, more))).toEqual({
      reason: 'stop',
      message: { role: 'assistant', content: question, refusal: null },
    });
  });

  it('calls what is required', async () => {
    const named = { type: 'function', function: { name: 'now' } };
    expect(calls(await answer(chat('Hi', { tools, tool_choice: 'required' })))).toEqual([
      ['get_weather', { city: 'mock', unit: 'celsius' }],
    ]);
    expect(calls(await answer(chat('Hi', { tools, tool_choice: named })))).toEqual([['now', {}]]);
    const allowed = { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [named] } };
    expect(calls(await answer(chat('Hi', { tools, tool_choice: allowed })))).toEqual([['now', {}]]);
  });

  it('reports the end of its tokens, and the call so far', async () => {
    const cut = await answer(chat(question, { tools, max_tokens: 3 }));
    expect(cut.reason).toBe('length');
    expect(cut.message.tool_calls).toMatchObject([{ function: { name: 'get_weather' } }]);
  });

  it('does not pretend to have a call that a stop string has cut', async () => {
    const cut = await answer(chat(question, { tools, stop: ['unit'] }));
    expect(cut).toMatchObject({ reason: 'stop', message: { tool_calls: [{ function: { name: 'get_weather' } }] } });
  });

  it('takes the results of calls', async () => {
    const first = await answer(chat('now', { tools }));
    const [call] = first.message.tool_calls ?? [];
    const messages = [
      { role: 'user', content: 'now' },
      { role: 'assistant', content: null, tool_calls: first.message.tool_calls },
      { role: 'tool', tool_call_id: call?.id, content: [{ type: 'text', text: '12:00' }] },
    ];
    expect(await answer({ messages, tools })).toMatchObject({ reason: 'stop', message: { content: 'now' } });
  });

  it('takes earlier calls with their arguments as objects, as Ollama writes them', async () => {
    const promptTokens = async (given: unknown): Promise<unknown> => {
      const called = { name: 'get_weather', arguments: given };
      const calling = [{ tool_calls: [{ function: called }] }, { function_call: called }];
      const counts = calling.map(async (message) => {
        const messages = [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: null, ...message },
        ];
        const counted = await app.post(`${path}/input_tokens`, { messages });
        expect(counted.statusCode, counted.body).toBe(200);
        return counted.json<unknown>();
      });
      return Promise.all(counts);
    };
    expect(await promptTokens(oslo)).toEqual(await promptTokens(JSON.stringify(oslo)));
  });

  it.each([
    ['a list', []],
    ['a number', 1],
    ['nothing', null],
  ])('takes no earlier calls whose arguments are %s', async (_, given) => {
    const call = { function: { name: 'now', arguments: given } };
    const response = await app.post(path, { messages: [{ role: 'assistant', content: null, tool_calls: [call] }] });
    expect(response.statusCode).toBe(400);
  });
});

describe('a streamed answer with calls', () => {
  it('has the same calls in pieces', async () => {
    const stream = await openStream(app.app, chat(question, { tools }));
    const body = await app.flyUntil(stream.finished());
    const read: { name: string; text: string; id: string }[] = [];
    const reasons: unknown[] = [];
    for (const part of parseStream(body)) {
      if (part.type !== 'data') continue;
      const [choice] = part.data['choices'] as {
        delta: { tool_calls?: (WireCall & { index: number })[] };
        finish_reason: unknown;
      }[];
      reasons.push(choice?.finish_reason);
      for (const { index, id, function: called } of choice?.delta.tool_calls ?? []) {
        if (called.name !== undefined) read[index] = { name: called.name, text: '', id: id ?? '' };
        const call = read[index];
        if (call !== undefined) call.text += called.arguments;
      }
    }
    expect(read.map(({ name, text }) => [name, JSON.parse(text) as unknown])).toEqual([
      ['get_weather', oslo],
      ['now', {}],
    ]);
    expect(reasons.at(-1)).toBe('tool_calls');
  });
});

describe('what is wrong with tools', () => {
  it.each([
    ['tools.0.type', { tools: [{ type: 'web_search' }] }],
    ['tools.1.function.name', { tools: [tool('f', {}), tool('f', {})] }],
    ['tools', { tools: 'f' }],
    ['tools.0.function.name', { tools: [{ type: 'function', function: {} }] }],
    ['tool_choice', { tools, tool_choice: 'perhaps' }],
    ['tool_choice', { tools, tool_choice: { type: 'function', function: { name: 'other' } } }],
    ['tool_choice', { tool_choice: 'required' }],
    ['tool_choice', { tools, tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'requird', tools: [] } } }],
    ['tool_choice', { tools: [], tool_choice: { type: 'function', function: { name: 'f' } } }],
  ])('is refused and named: %s', async (param, more) => {
    const response = await app.post(path, chat('Hi', more));
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ error: { code: 'invalid_request', param } });
  });
});

describe('thinking', () => {
  it.each([
    { reasoning_effort: 'none' },
    { reasoning_effort: 'high', verbosity: 'low' },
    { reasoning: { effort: 'low', max_tokens: 10 } },
    { thinking: { type: 'disabled' } },
    { thinking_budget: 0 },
    { chat_template_kwargs: { enable_thinking: false } },
  ])('does not break a model that does not think: %j', async (more) => {
    expect(await answer(chat('Hi', more))).toMatchObject({ reason: 'stop', message: { content: 'Hi' } });
  });

  it('is refused if two parameters contradict each other', async () => {
    const response = await app.post(path, chat('Hi', { thinking_budget: 5, thinking: { budget_tokens: 6 } }));
    expect(response.json()).toMatchObject({ error: { code: 'invalid_request', param: 'thinking.budget_tokens' } });
  });

  it('is refused with a word that says nothing', async () => {
    const response = await app.post(path, chat('Hi', { thinking: { type: 'disable' } }));
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ error: { code: 'invalid_request', param: 'thinking.type' } });
  });
});

describe('a function whose arguments cannot be an object', () => {
  it.each([true, false])('is refused, with its name and the place: strict %j', async (strict) => {
    for (const type of ['string', 'array', ['string', 'null']]) {
      const other = { type: 'function', function: { name: 'shout', parameters: { type }, strict } };
      const response = await app.post(path, chat('hello', { tools: [tools[1], other], tool_choice: 'required' }));
      expect(response.statusCode).toBe(400);
      expect(response.json()).toMatchObject({
        error: {
          param: 'tools.1.function.parameters',
          message: expect.stringContaining('The schema of shout at /type cannot be used') as string,
        },
      });
    }
  });

  it.each([['OBJECT'], ['Object'], [['OBJECT', 'NULL']]])(
    'is none of those whose type says object in other letters: %j',
    async (type) => {
      const capital = { type: 'function', function: { name: 'shout', parameters: { type } } };
      const whole = await answer(chat('hello', { tools: [capital], tool_choice: 'required' }));
      expect(calls(whole)).toEqual([['shout', {}]]);
    },
  );

  it('may say that it is one of several types', async () => {
    const nullable = { type: 'function', function: { name: 'shout', parameters: { type: ['object', 'null'] } } };
    const whole = await answer(chat('hello', { tools: [nullable], tool_choice: 'required' }));
    expect(calls(whole)).toEqual([['shout', {}]]);
  });
});

describe('a tool in the form of another API', () => {
  const schema = { type: 'object' };
  it.each([
    [path, { type: 'function', name: 'f', parameters: schema }, '{"type": "function", "function": {"name": "…"'],
    ['/v1/responses', { type: 'function', function: { name: 'f' } }, '{"type": "function", "name": "…"'],
    ['/v1/messages', { name: 'f', parameters: schema }, '{"name": "…", "input_schema": {…}}'],
  ])('is refused by %s with the form that it has there', async (route, tool, form) => {
    const body = route === '/v1/responses' ? { input: 'x', tools: [tool] } : chat('x', { tools: [tool] });
    const refused = await app.ask(route, body);
    expect(refused.statusCode).toBe(400);
    expect(refused.json<{ error: { message: string } }>().error.message).toContain(form);
  });
});
