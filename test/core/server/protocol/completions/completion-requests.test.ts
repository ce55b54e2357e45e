import { describe, expect, it } from 'vitest';
import type { InferenceRequest } from '../../../../../src/core/inference/request.js';
import {
  fromChatRequest,
  fromCompletionRequest,
} from '../../../../../src/core/server/protocol/completions/completion-requests.js';
import type {
  ChatCompletionRequest,
  CompletionRequest,
} from '../../../../../src/core/server/schemas/completions/completion-requests.js';

function fromChat(changes: Partial<ChatCompletionRequest>): InferenceRequest {
  return fromChatRequest({ messages: [{ role: 'user', content: 'hello' }], ...changes }, 'id-1', 512);
}

function fromCompletion(changes: Partial<CompletionRequest>): InferenceRequest {
  const [request] = fromCompletionRequest({ prompt: 'hello', ...changes }, 'id-1', 512);
  if (request === undefined) throw new Error('There is no prompt.');
  return request;
}

describe('a request for the queue', () => {
  it('has every default filled in', () => {
    expect(fromChat({})).toEqual({
      id: 'id-1',
      source: { type: 'chat', messages: [{ role: 'user', content: 'hello' }], ending: 'answer' },
      maxTokens: 512,
      sampling: {
        temperature: 0.8,
        topP: 0.95,
        topK: 40,
        minP: 0.05,
        seed: expect.any(Number) as number,
        presencePenalty: 0,
        frequencyPenalty: 0,
        repeatPenalty: 1,
        penaltyTokens: null,
        xtc: null,
        dry: null,
        logitBias: {},
      },
      minTokens: 0,
      stop: [],
      stopTokens: [],
      ignoreEos: false,
      thoughtTokens: null,
      format: { type: 'text' },
    });
  });

  it('treats null as a parameter that was left out', () => {
    const nothing = { temperature: null, top_p: null, stop: null, logit_bias: null, response_format: null, seed: 1 };
    expect(fromChat(nothing)).toEqual(fromChat({ seed: 1 }));
  });

  it.each([
    ['max_completion_tokens before max_tokens', { max_tokens: 5, max_completion_tokens: 7 }, 7],
    ['max_tokens alone', { max_tokens: 5 }, 5],
    ['max_tokens next to a null', { max_tokens: 5, max_completion_tokens: null }, 5],
    ['max_tokens before n_predict', { max_tokens: 5, n_predict: 7 }, 5],
    ['n_predict alone', { n_predict: 7 }, 7],
    ['max_new_tokens alone', { max_new_tokens: 7 }, 7],
    ['num_predict alone', { num_predict: 7 }, 7],
    ['max_tokens before both', { num_predict: 7, max_new_tokens: 8, max_tokens: 5 }, 5],
    ['all that fits for -1', { n_predict: -1 }, 2 ** 31 - 1],
    ['max_tokens of -1 before n_predict', { max_tokens: -1, n_predict: 7 }, 2 ** 31 - 1],
    ["the server's default", {}, 512],
  ])('uses %s as its limit', (_, body, expected) => {
    expect([fromChat(body).maxTokens, fromCompletion(body).maxTokens]).toEqual([expected, expected]);
  });

  it.each([
    ['a string', 'a', ['a']],
    ['several', ['a', 'b'], ['a', 'b']],
    ['none', [], []],
    ['none for an empty one', '', []],
    ['all but empty ones', ['', 'a', ''], ['a']],
  ])('uses %s as its stop strings', (_, stop, expected) => {
    expect(fromChat({ stop }).stop).toEqual(expected);
  });

  it('carries the tokens at which it ends, and before which it does not', () => {
    expect(fromChat({ stop_token_ids: [5, 6], min_tokens: 512 })).toMatchObject({ stopTokens: [5, 6], minTokens: 512 });
  });

  it.each([
    ['n_predict', { n_predict: 0 }],
    ['max_tokens', { max_tokens: 0, max_completion_tokens: 5 }],
    ['max_completion_tokens', { max_completion_tokens: 0 }],
    ['min_tokens', { min_tokens: 513 }],
    ['min_tokens', { min_tokens: 3, max_tokens: 2 }],
  ])('names %s when it is refused in %j', (param, body) => {
    expect(() => fromCompletion(body)).toThrow(expect.objectContaining({ code: 'invalid_request', param }) as Error);
  });

  it('carries ignore_eos', () => {
    expect(fromCompletion({ ignore_eos: true }).ignoreEos).toBe(true);
  });
});

describe("a chat's messages", () => {
  it('keep their roles and names', () => {
    const messages = [
      { role: 'system', content: 'be kind' },
      { role: 'developer', content: 'be brief' },
      { role: 'user', content: 'hello', name: 'anne' },
      { role: 'assistant', content: 'hi' },
      { role: 'tool', content: '5' },
    ] as const;
    expect(fromChat({ messages: [...messages] }).source).toMatchObject({ type: 'chat', messages });
  });

  it('may come in parts of text of every kind', () => {
    const content = [
      { type: 'text', text: 'h' },
      { type: 'input_text', text: 'e' },
      { type: 'output_text', text: 'l' },
      { type: 'refusal', refusal: 'lo' },
    ];
    expect(fromChat({ messages: [{ role: 'user', content }] }).source).toMatchObject({
      type: 'chat',
      messages: [{ role: 'user', content: 'hello' }],
    });
  });

  it('may call a function and have its result as before there were tools', () => {
    const messages = [
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"a":1}' } },
      { role: 'function', name: 'f', content: '5' },
    ] as const;
    expect(fromChat({ messages: [...messages] }).source).toMatchObject({
      messages: [
        {
          role: 'assistant',
          content: '',
          tool_calls: [{ type: 'function', function: { name: 'f', arguments: { a: 1 } } }],
        },
        { role: 'tool', name: 'f', content: '5' },
      ],
    });
  });

  it('of an assistant may be empty', () => {
    expect(fromChat({ messages: [{ role: 'assistant', content: null }] }).source).toMatchObject({
      messages: [{ role: 'assistant', content: '' }],
    });
  });
});

describe("a completion's prompt", () => {
  it.each([
    ['a text', 'hello', { type: 'text', text: 'hello' }],
    ['one text in a list', ['hello'], { type: 'text', text: 'hello' }],
    ['tokens', [5, 6], { type: 'tokens', tokens: [5, 6] }],
    ['tokens in a list', [[5, 6]], { type: 'tokens', tokens: [5, 6] }],
  ])('may be %s', (_, prompt, source) => {
    expect(fromCompletion({ prompt }).source).toEqual(source);
  });

  it.each([
    [
      'texts',
      ['a', 'b'],
      [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
    ],
    [
      'lists of tokens',
      [[5], [6, 7]],
      [
        { type: 'tokens', tokens: [5] },
        { type: 'tokens', tokens: [6, 7] },
      ],
    ],
  ])('may be several: %s', (_, prompt, sources) => {
    const requests = fromCompletionRequest({ prompt }, 'id-1', 512);
    expect(requests.map(({ source }) => source)).toEqual(sources);
  });
});
