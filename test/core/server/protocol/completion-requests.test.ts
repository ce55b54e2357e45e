import { describe, expect, it } from 'vitest';
import type { InferenceRequest } from '../../../../src/core/inference/request.js';
import { fromChatRequest, fromCompletionRequest } from '../../../../src/core/server/protocol/completion-requests.js';
import type {
  ChatCompletionRequest,
  CompletionRequest,
} from '../../../../src/core/server/schemas/completion-requests.js';

function fromChat(changes: Partial<ChatCompletionRequest>): InferenceRequest {
  return fromChatRequest({ messages: [{ role: 'user', content: 'hello' }], ...changes }, 'id-1', 512);
}

function fromCompletion(changes: Partial<CompletionRequest>): InferenceRequest {
  return fromCompletionRequest({ prompt: 'hello', ...changes }, 'id-1', 512);
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
        logitBias: {},
      },
      stop: [],
      ignoreEos: false,
      thoughtTokens: null,
      format: { type: 'text' },
    });
  });

  it('treats null as a parameter that was left out', () => {
    const nothing = { temperature: null, top_p: null, stop: null, logit_bias: null, response_format: null, seed: 1 };
    expect(fromChat(nothing)).toEqual(fromChat({ seed: 1 }));
  });

  it('carries every sampling parameter', () => {
    const { sampling } = fromCompletion({
      temperature: 0,
      top_p: 0.5,
      top_k: 7,
      min_p: 0.1,
      seed: 42,
      presence_penalty: 1,
      frequency_penalty: -1,
      repeat_penalty: 1.2,
      logit_bias: { 5: -100 },
    });
    expect(sampling).toEqual({
      temperature: 0,
      topP: 0.5,
      topK: 7,
      minP: 0.1,
      seed: 42,
      presencePenalty: 1,
      frequencyPenalty: -1,
      repeatPenalty: 1.2,
      logitBias: { 5: -100 },
    });
  });

  it.each([
    [0, 0],
    [42, 42],
    [2 ** 32, 0],
    [2 ** 32 + 5, 5],
    [-1, 2 ** 32 - 1],
    [2 ** 53 - 1, 2 ** 32 - 1],
  ])('uses the seed %d modulo 2^32, which is %d', (seed, expected) => {
    expect(fromChat({ seed }).sampling.seed).toBe(expected);
  });

  it('draws a new seed for every request without one', () => {
    const seeds = Array.from({ length: 8 }, () => fromChat({}).sampling.seed);
    expect(new Set(seeds).size).toBe(8);
    for (const seed of seeds) expect(seed === seed >>> 0).toBe(true);
  });

  it.each([
    ['max_completion_tokens before max_tokens', { max_tokens: 5, max_completion_tokens: 7 }, 7],
    ['max_tokens alone', { max_tokens: 5 }, 5],
    ['max_tokens next to a null', { max_tokens: 5, max_completion_tokens: null }, 5],
    ["the server's default", {}, 512],
  ])('uses %s as its limit', (_, body, expected) => {
    expect([fromChat(body).maxTokens, fromCompletion(body).maxTokens]).toEqual([expected, expected]);
  });

  it.each([
    ['a string', 'a', ['a']],
    ['several', ['a', 'b'], ['a', 'b']],
    ['none', [], []],
  ])('uses %s as its stop strings', (_, stop, expected) => {
    expect(fromChat({ stop }).stop).toEqual(expected);
  });

  it('carries ignore_eos', () => {
    expect(fromCompletion({ ignore_eos: true }).ignoreEos).toBe(true);
  });

  it('asks for any JSON object', () => {
    expect(fromChat({ response_format: { type: 'json_object' } }).format).toEqual({ type: 'json_object' });
  });

  it('asks for JSON of a schema', () => {
    const schema = { type: 'object', properties: { a: { type: 'number' } } };
    const format = { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } } as const;
    expect(fromChat({ response_format: format }).format).toEqual({ type: 'json_schema', schema });
  });
});

describe('a JSON schema', () => {
  function nested(levels: number): Record<string, unknown> {
    let schema: Record<string, unknown> = {};
    for (let level = 1; level < levels; level += 1) schema = { items: schema };
    return schema;
  }

  function asking(levels: number): () => InferenceRequest {
    const format = { type: 'json_schema', json_schema: { schema: nested(levels) } } as const;
    return () => fromChat({ response_format: format });
  }

  it('may have 256 levels', () => {
    expect(asking(256)).not.toThrow();
  });

  it.each([300, 100_000])('may not have %d levels', (levels) => {
    expect(asking(levels)).toThrow(
      expect.objectContaining({ code: 'invalid_request', param: 'response_format' }) as Error,
    );
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

  it('may come in parts of text', () => {
    const content = [
      { type: 'text', text: 'hel' },
      { type: 'text', text: 'lo' },
    ];
    expect(fromChat({ messages: [{ role: 'user', content }] }).source).toMatchObject({
      type: 'chat',
      messages: [{ role: 'user', content: 'hello' }],
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
  ])('may be %s', (_, prompt, source) => {
    expect(fromCompletion({ prompt }).source).toEqual(source);
  });
});
