import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, createTestApp, type TestApp } from '../../support/app.js';
import { chatPath, completionPath, testParameters } from './parameter-cases.js';

/** Values of the right type and range, for parameters that both routes take. */
const accepted: readonly (readonly [string, readonly unknown[]])[] = [
  ['model', ['mock', null]],
  ['max_tokens', [1, 3, -1, null]],
  ['max_completion_tokens', [1, 3, -1, null]],
  ['temperature', [0, 1e-300, 0.5, 2, 2.5, 1_000_000, null]],
  ['top_p', [0, 0.001, 1, null]],
  ['top_k', [-1, 0, 40, null]],
  ['min_p', [0, 1, null]],
  ['seed', [0, -1, 42, 2 ** 64 - 1, -(2 ** 63), null]],
  ['stop', ['x', ['x'], [], '', ['', 'x'], Array.from({ length: 16 }, (_, n) => `stop ${n}`), null]],
  ['presence_penalty', [-2, 0, 2, null]],
  ['frequency_penalty', [-2, 0, 2, null]],
  ['repeat_penalty', [0.1, 1, 10, null]],
  ['logit_bias', [{}, { 5: -100, 6: 100 }, null]],
  ['response_format', [{ type: 'text' }, { type: 'json_object' }, { type: 'text', json_schema: null }, null]],
  ['stream', [false, null]],
  [
    'stream_options',
    [{}, { include_usage: true }, { include_usage: null, include_queue: false }, { include_obfuscation: false }, null],
  ],
  ['ignore_eos', [false, true, null]],
  ['user', ['anne', null]],
  // None of these changes the answer.
  ['store', [true]],
  ['metadata', [{ a: 'b' }]],
  ['service_tier', ['auto']],
  ['parallel_tool_calls', [true]],
  ['something_new', [{ deep: [1] }]],
  ['reasoning_effort', ['none', 'low', null]],
  ['verbosity', ['low', null]],
  ['constructor', ['x']],
  ['__defineGetter__', ['x']],
  // Known and not supported, with a value that changes nothing.
  ['n', [1, 2, null]],
  ['best_of', [1]],
  ['tools', [[], null]],
  ['tool_choice', ['none', 'auto']],
  ['functions', [[]]],
  ['function_call', ['none']],
  ['logprobs', [false, null]],
  ['top_logprobs', [0, null]],
  ['modalities', [['text']]],
  ['audio', [null]],
];

/** What is refused, and the parameter that is named. */
const refused: readonly (readonly [param: string, body: object])[] = [
  ['model', { model: 5 }],
  ['max_tokens', { max_tokens: 0 }],
  ['max_tokens', { max_tokens: -2 }],
  ['max_tokens', { max_tokens: 1.5 }],
  ['max_tokens', { max_tokens: '5' }],
  ['max_tokens', { max_tokens: 2 ** 31 }],
  ['max_completion_tokens', { max_completion_tokens: 0 }],
  ['max_completion_tokens', { max_completion_tokens: [] }],
  ['temperature', { temperature: -0.1 }],
  ['temperature', { temperature: 1_000_001 }],
  ['temperature', { temperature: '1' }],
  ['top_p', { top_p: -0.1 }],
  ['top_p', { top_p: 1.1 }],
  ['top_p', { top_p: true }],
  ['top_k', { top_k: -2 }],
  ['top_k', { top_k: 1.5 }],
  ['top_k', { top_k: 1_000_001 }],
  ['min_p', { min_p: -0.1 }],
  ['min_p', { min_p: 1.1 }],
  ['min_p', { min_p: 'x' }],
  ['seed', { seed: 1.5 }],
  ['seed', { seed: 'x' }],
  ['seed', { seed: 2 ** 65 }],
  ['stop', { stop: 5 }],
  ['stop', { stop: Array.from({ length: 17 }, (_, n) => `stop ${n}`) }],
  ['stop.1', { stop: ['a', 5] }],
  ['presence_penalty', { presence_penalty: -2.1 }],
  ['presence_penalty', { presence_penalty: '0' }],
  ['frequency_penalty', { frequency_penalty: 2.1 }],
  ['frequency_penalty', { frequency_penalty: {} }],
  ['repeat_penalty', { repeat_penalty: 0 }],
  ['repeat_penalty', { repeat_penalty: 10.1 }],
  ['repeat_penalty', { repeat_penalty: [] }],
  ['logit_bias', { logit_bias: 'x' }],
  ['logit_bias', { logit_bias: Object.fromEntries(Array.from({ length: 1025 }, (_, token) => [token, 1])) }],
  ['logit_bias.5', { logit_bias: { 5: 101 } }],
  ['logit_bias.5', { logit_bias: { 5: 'x' } }],
  ['logit_bias.hello', { logit_bias: { hello: 1 } }],
  ['response_format', { response_format: 'json_object' }],
  ['response_format.type', { response_format: { type: 'xml' } }],
  ['response_format.type', { response_format: {} }],
  ['response_format.json_schema', { response_format: { type: 'json_schema' } }],
  ['response_format.json_schema.schema', { response_format: { type: 'json_schema', json_schema: { name: 'x' } } }],
  ['stream', { stream: 'yes' }],
  ['stream_options', { stream_options: true }],
  ['stream_options.include_usage', { stream_options: { include_usage: 1 } }],
  ['stream_options.include_queue', { stream_options: { include_queue: 'x' } }],
  ['ignore_eos', { ignore_eos: 'x' }],
  ['user', { user: 5 }],
  // Supported by OpenAI and not by chatstream.
  ['n', { n: 5 }],
  ['n', { n: 0 }],
  ['n', { n: 'x' }],
  ['tool_choice', { tool_choice: 'required' }],
  ['function_call', { function_call: { name: 'f' } }],
  ['top_logprobs', { top_logprobs: 3 }],
  ['audio', { audio: { voice: 'alloy', format: 'wav' } }],
  ['modalities', { modalities: ['text', 'audio'] }],
  ['web_search_options', { web_search_options: {} }],
];

describe('parameters', () => {
  let shared: TestApp;

  beforeAll(async () => {
    shared = await createTestApp();
  });

  afterAll(() => shared.close());

  testParameters({ accepted, refused }, () => shared);

  it.each([
    ['messages', {}],
    ['messages', { messages: null }],
    ['messages', { messages: [] }],
    ['messages', { messages: 'hello' }],
    ['messages.0', { messages: ['hello'] }],
    ['messages.0.role', { messages: [{ content: 'hello' }] }],
    ['messages.0.role', { messages: [{ role: 'bot', content: 'hello' }] }],
    ['messages.0.content', { messages: [{ role: 'user' }] }],
    ['messages.0.content', { messages: [{ role: 'user', content: null }] }],
    ['messages.0.content', { messages: [{ role: 'user', content: 5 }] }],
    ['messages.0.content.0', { messages: [{ role: 'user', content: ['hello'] }] }],
    ['messages.0.content.0.type', { messages: [{ role: 'user', content: [{ text: 'hello' }] }] }],
    ['messages.0.content.0.text', { messages: [{ role: 'user', content: [{ type: 'text', text: 5 }] }] }],
    ['messages.0.content', { messages: [{ role: 'user', content: [{ type: 'text' }] }] }],
    ['messages.0.content', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] }],
    ['messages.0.name', { messages: [{ role: 'user', content: 'hello', name: 5 }] }],
    [
      'messages.1.tool_calls.0.function',
      {
        messages: [
          { role: 'user', content: 'hello' },
          { role: 'assistant', tool_calls: [{}] },
        ],
      },
    ],
    ['messages.0.function_call.arguments', { messages: [{ role: 'assistant', function_call: { name: 'f' } }] }],
    ['messages.0.content', { messages: [{ role: 'user', content: [{ type: 'refusal', text: 'no' }] }] }],
    ['messages.0.audio', { messages: [{ role: 'assistant', audio: { id: 'x' } }] }],
  ])('a chat names %s when it is %j', async (param, body) => {
    const answer = await shared.ask(chatPath, body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'invalid_request', param } });
  });

  it.each([
    ['prompt', {}],
    ['prompt', { prompt: null }],
    ['prompt', { prompt: 5 }],
    ['prompt', { prompt: [] }],
    ['prompt.0', { prompt: [[]] }],
    ['prompt', { prompt: [[5], 'two'] }],
    ['prompt.0', { prompt: [{}] }],
    ['prompt.0', { prompt: [-1] }],
    ['prompt.0', { prompt: [1.5] }],
  ])('a completion names %s when it is %j', async (param, body) => {
    const answer = await shared.ask(completionPath, body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'invalid_request', param } });
  });

  it.each([
    [{ temperature: 2_000_000 }, '"temperature" must be at most 1000000, not 2000000.'],
    [{ temperature: '1.5' }, '"temperature" must be a number, not the string "1.5".'],
    [{ repeat_penalty: 0 }, '"repeat_penalty" must be greater than 0, not 0.'],
    [{ min_p: -1 }, '"min_p" must be at least 0, not -1.'],
    [{ max_tokens: 1.5 }, '"max_tokens" must be a whole number, not 1.5.'],
    [{ stream: 'yes' }, '"stream" must be true or false, not a string.'],
    [{ stop: 5 }, '"stop" must be a string or an array, not 5.'],
    [{ stop: Array.from({ length: 17 }, () => 'x') }, '"stop" must have at most 16 items, not 17.'],
    [{ stop: '👍'.repeat(257) }, '"stop" must have at most 256 characters, not 257.'],
    [{ messages: [] }, '"messages" must not be empty.'],
    [{ messages: 'hello' }, '"messages" must be an array, not a string.'],
    [{ messages: null }, '"messages" must be an array, not null.'],
    [{ messages: [[]] }, '"messages.0" must be an object, not an array.'],
    [
      { messages: [{ role: 'bot', content: 'hello' }] },
      '"messages.0.role" must be "system", "developer", "user", "assistant", "tool" or "function", not "bot".',
    ],
    [
      { messages: [{ role: 'user', content: {} }] },
      '"messages.0.content" must be a string or an array, not an object.',
    ],
    [{ priority: 'fast' }, '"priority" must be "interactive", "standard", "batch" or a number, not "fast".'],
    [
      { response_format: { type: 'xml' } },
      '"response_format.type" must be "text", "json_object" or "json_schema", not "xml".',
    ],
    [{ response_format: { type: 'json_schema' } }, '"response_format.json_schema" is missing.'],
    [
      { logit_bias: [[5, 1]] },
      '"logit_bias" must be an object, not an array. Its names are numbers of tokens, and its values are from -100 to 100.',
    ],
    [
      { logit_bias: { hello: 1 } },
      '"logit_bias.hello" is not a known field. Its names are numbers of tokens, and its values are from -100 to 100.',
    ],
    [{ messages: undefined }, '"messages" is missing.'],
    [
      { n: 5 },
      '"n" can be at most 4, the number of generations that run at once. Send several requests, or start the server with a higher --max-concurrency.',
    ],
    [{ best_of: 2 }, 'The parameter "best_of" is not supported with this value. Leave it out; nothing was generated.'],
  ])('says in plain words what is wrong with %j', async (body, message) => {
    const answer = await shared.ask(chatPath, { ...chat('hello'), ...body });
    expect(answer.json<unknown>()).toMatchObject({ error: { message } });
  });

  it.each([
    [['a', [1, 2]], 'texts and arrays of tokens'],
    [[[1, 2], 'a'], 'arrays of tokens and texts'],
    [[1, 'a'], 'tokens and texts'],
    [[1, [2]], 'tokens and arrays of tokens'],
  ])('says of the prompt %j that it mixes %s', async (prompt, kinds) => {
    const answer = await shared.ask(completionPath, { prompt });
    expect(answer.statusCode).toBe(400);
    const hint = 'Send a list of texts, or a list of arrays of tokens, or one array of tokens.';
    const message = `"prompt" has ${kinds}, which cannot be mixed. ${hint}`;
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'invalid_request', message, param: 'prompt' } });
  });

  it.each([
    [{ prompt: ['a', {}] }, expect.stringMatching(/^prompt/) as string],
    [{ prompt: 'a', temperature: 'hot' }, 'temperature'],
  ])('says nothing of mixed prompts where something else is wrong: %j', async (body, param) => {
    const answer = await shared.ask(completionPath, body);
    expect(answer.json<{ error: { message: string } }>().error.message).not.toContain('mixed');
    expect(answer.json<unknown>()).toMatchObject({ error: { param } });
  });

  it.each([
    ['a chat', chatPath, chat('hello', { echo: true }), 'echo'],
    ['a chat', chatPath, chat('hello', { suffix: 'x' }), 'suffix'],
    ['a chat', chatPath, chat('hello', { best_of: 2 }), 'best_of'],
    ['a chat', chatPath, chat('hello', { moderation: { model: 'x' } }), 'moderation'],
    ['a completion', completionPath, { prompt: Array.from({ length: 69 }, () => 'x') }, 'prompt'],
    ['a completion', completionPath, { prompt: Array.from({ length: 35 }, () => 'x'), n: 2 }, 'prompt'],
  ])('of %s are refused where they ask for too much: %s %j', async (_, path, body, param) => {
    const answer = await shared.ask(path, body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<unknown>()).toMatchObject({ error: { code: 'invalid_request', param } });
  });

  it('cost the engine nothing when they are refused', async () => {
    await shared.ask(chatPath, chat('hello', { temperature: -1 }));
    expect(shared.inference.snapshot()).toMatchObject({ running: [], waiting: [] });
  });
});
