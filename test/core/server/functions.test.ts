import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, createTestApp, type TestApp } from '../../support/app.js';
import { openStream } from '../../support/stream-client.js';
import { parseStream } from '../../support/stream-parts.js';

const path = '/v1/chat/completions';

const city = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const functions = [
  { name: 'get_weather', description: 'For tests.', parameters: city },
  { name: 'now', parameters: { type: 'object', properties: {} } },
];
const tools = functions.map((each) => ({ type: 'function', function: each }));
const question = 'Please get_weather {"city":"Oslo"} and now';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp({ engine: { reply: 'echo' } });
});
afterAll(async () => {
  await app.close();
});

async function choices(body: object): Promise<readonly unknown[]> {
  const response = await app.post(path, body);
  expect(response.statusCode, response.body).toBe(200);
  return response.json<{ choices: readonly unknown[] }>().choices;
}

describe('functions in the form that OpenAI had before tools', () => {
  it('get an answer with one call in that form', async () => {
    expect(await choices(chat(question, { functions }))).toEqual([
      {
        index: 0,
        message: {
          role: 'assistant',
          content: null,
          function_call: { name: 'get_weather', arguments: '{"city":"Oslo"}' },
          refusal: null,
        },
        logprobs: null,
        finish_reason: 'function_call',
      },
    ]);
  });

  it('have a call in each of several choices', async () => {
    const call = { message: { function_call: { name: 'now', arguments: '{}' } }, finish_reason: 'function_call' };
    expect(await choices(chat('now', { functions, n: 2 }))).toMatchObject([call, call]);
  });

  it('have the same call in the pieces of a stream', async () => {
    const stream = await openStream(app.app, chat(question, { functions }));
    const body = await app.flyUntil(stream.finished());
    const read = parseStream(body).flatMap((part) => (part.type === 'data' ? [part.data['choices']] : [])) as {
      delta: { function_call?: { name?: string; arguments: string }; tool_calls?: unknown };
      finish_reason: unknown;
    }[][];
    const deltas = read.flatMap(([choice]) => choice?.delta ?? []);
    const calls = deltas.flatMap(({ function_call: call }) => call ?? []);
    expect(calls[0]).toEqual({ name: 'get_weather', arguments: '' });
    expect(calls.slice(1).every((call) => !('name' in call))).toBe(true);
    expect(calls.map((call) => call.arguments).join('')).toBe('{"city":"Oslo"}');
    expect(deltas.some((delta) => 'tool_calls' in delta)).toBe(false);
    expect(read.at(-1)?.[0]?.finish_reason).toBe('function_call');
  });

  it('get text once their result is there', async () => {
    const messages = [
      { role: 'user', content: 'now' },
      { role: 'assistant', content: null, function_call: { name: 'now', arguments: '{}' } },
      { role: 'function', name: 'now', content: '12:00' },
    ];
    expect(await choices({ messages, functions })).toMatchObject([
      { message: { content: 'now' }, finish_reason: 'stop' },
    ]);
  });

  it('are shown to the model as the same tools are', async () => {
    const counts = [{ functions }, { tools }].map(async (more) => {
      const counted = await app.post(`${path}/input_tokens`, chat('Hi', more));
      return counted.json<unknown>();
    });
    const [ofFunctions, ofTools] = await Promise.all(counts);
    expect(ofFunctions).toEqual(ofTools);
  });

  it.each([
    ['auto', { function_call: 'auto' }, {}],
    ['none', { function_call: 'none' }, { content: question }],
    ['a name', { function_call: { name: 'now' } }, { function_call: { name: 'now', arguments: '{}' } }],
    ['tool_choice', { tool_choice: 'none' }, { content: question }],
  ])('are called as function_call says: %s', async (_, more, message) => {
    expect(await choices(chat(question, { functions, ...more }))).toMatchObject([{ message }]);
  });

  it('may be empty, with tools beside them', async () => {
    const more = { functions: [], function_call: 'auto', tools, parallel_tool_calls: false };
    expect(await choices(chat('now', more))).toMatchObject([{ finish_reason: 'tool_calls' }]);
  });

  it.each([
    ['functions', { functions, tools }],
    ['functions', { functions: 'f' }],
    ['functions.0.name', { functions: [{ parameters: city }] }],
    ['functions.1.name', { functions: [functions[0], functions[0]] }],
    ['functions.0.parameters', { functions: [{ name: 'f', parameters: { type: 'string' } }] }],
    ['function_call', { functions, function_call: 'perhaps' }],
    ['function_call', { functions, function_call: { name: 'other' } }],
    ['function_call', { function_call: { name: 'now' } }],
    ['function_call', { tools, function_call: { name: 'now' } }],
  ])('are refused if something is wrong with %s', async (param, more) => {
    const response = await app.post(path, chat('Hi', more));
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ error: { code: 'invalid_request', param } });
  });

  it.each([
    ['/v1/responses', { input: 'now', functions }],
    ['/v1/messages', { ...chat('now', { functions }), max_tokens: 5 }],
    ['/v1/completions', { prompt: 'now', functions }],
  ])('are unknown to %s', async (route, body) => {
    const refused = await app.ask(route, body);
    expect(refused.statusCode).toBe(400);
    expect(refused.body).toContain('functions');
  });
});
