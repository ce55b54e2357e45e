import { describe, expect, it } from 'vitest';
import { chatProtocol } from '../../../../../src/core/bench/client/protocol/chat-protocol.js';
import type { Chunk } from '../../../../../src/core/bench/client/protocol/chunk.js';
import { CompletionEncoder } from '../../../../../src/core/server/protocol/completions/completion-encoder.js';

const plain: Chunk = {
  text: null,
  hasReasoning: false,
  finishReason: null,
  usage: null,
  serverTimings: null,
  cachedByTimings: null,
  executor: null,
  error: null,
  isEnd: false,
  isForeign: false,
};

function read(json: string): Chunk {
  return chatProtocol.chunkIn(JSON.parse(json));
}

const head = '"id":"chatcmpl-1","object":"chat.completion.chunk","created":1763800000,"model":"m"';

describe('what is a token', () => {
  it.each([
    ['text of a chat', '{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}', 'Hi'],
    ['text of a completion', '{"choices":[{"index":0,"text":"Hi","finish_reason":null}]}', 'Hi'],
    ['white space', '{"choices":[{"delta":{"content":" "}}]}', ' '],
    ['text in a list', '{"choices":[{"delta":{"content":[{"type":"text","text":"Hi"}]}}]}', 'Hi'],
    [
      'the second text in a list',
      '{"choices":[{"delta":{"content":[{"type":"x"},{"type":"text","text":"Hi"}]}}]}',
      'Hi',
    ],
    ['a refusal in words', '{"choices":[{"delta":{"refusal":"No"}}]}', 'No'],
    [
      'arguments of a tool call',
      '{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}}]}',
      '{',
    ],
    [
      'arguments of the second tool call',
      '{"choices":[{"delta":{"tool_calls":[{},{"function":{"arguments":"{"}}]}}]}',
      '{',
    ],
    ['arguments of a function call', '{"choices":[{"delta":{"function_call":{"arguments":"{"}}}]}', '{'],
    ['text of the second choice', '{"choices":[{"index":0,"delta":{}},{"index":1,"delta":{"content":"Hi"}}]}', 'Hi'],
  ])('%s', (_name, json, text) => {
    expect(read(json)).toEqual({ ...plain, text });
  });

  it.each([
    ['reasoning', '{"choices":[{"delta":{"content":null,"reasoning_content":"Hm"}}]}'],
    ['reasoning by its other name', '{"choices":[{"delta":{"content":"","reasoning":"Hm"}}]}'],
    [
      "Mistral's thinking",
      '{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]}}]}',
    ],
    ['thinking as text', '{"choices":[{"delta":{"content":[{"type":"thinking","thinking":"Hm"}]}}]}'],
  ])('%s, and it is known to be that', (_name, json) => {
    expect(read(json)).toEqual({ ...plain, text: 'Hm', hasReasoning: true });
  });

  it.each([
    ['a role', '{"choices":[{"delta":{"role":"assistant"}}]}'],
    ['a role and empty text', '{"choices":[{"delta":{"role":"assistant","content":""}}]}'],
    ['a role and null', '{"choices":[{"delta":{"role":"assistant","content":null}}]}'],
    [
      'the name of a tool',
      '{"choices":[{"delta":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":""}}]}}]}',
    ],
    ['an empty completion', '{"choices":[{"text":""}]}'],
    ['an empty list', '{"choices":[{"delta":{"content":[]}}]}'],
    ['no choice', '{"choices":[]}'],
  ])('not %s', (_name, json) => {
    expect(read(json)).toEqual(plain);
  });

  it.each([
    ['text that is no text', '{"choices":[{"delta":{"content":5}}]}'],
    ['a list without text', '{"choices":[{"delta":{"content":[{"type":"image"}]}}]}'],
    ['text in the wrong place', '{"content":"Hi","delta":{"content":"Hi"},"choices":[{"message":{"content":"Hi"}}]}'],
    ['something else', '{"type":"ping"}'],
    ['a list', '[1,2]'],
    ['nothing', 'null'],
  ])('not %s, which is of another protocol', (_name, json) => {
    expect(read(json)).toEqual({ ...plain, isForeign: true });
  });
});

describe('the end of an answer', () => {
  it('is a finish reason, also together with text', () => {
    expect(read('{"choices":[{"delta":{},"finish_reason":"stop"}]}')).toEqual({ ...plain, finishReason: 'stop' });
    expect(read('{"choices":[{"delta":{"content":"."},"finish_reason":"length"}]}')).toEqual({
      ...plain,
      text: '.',
      finishReason: 'length',
    });
  });

  it('is the finish reason of the choice that failed', () => {
    expect(read('{"choices":[{"delta":{},"finish_reason":"stop"},{"delta":{},"finish_reason":"abort"}]}')).toEqual({
      ...plain,
      finishReason: 'abort',
    });
  });

  it('is not an empty finish reason', () => {
    expect(read('{"choices":[{"delta":{"content":"a"},"finish_reason":""}]}').finishReason).toBeNull();
  });

  it('brings the usage', () => {
    expect(read('{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}').usage).toEqual({
      promptTokens: 5,
      outputTokens: 7,
      cachedTokens: null,
      reasoningTokens: null,
    });
    expect(
      read(
        '{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3}}}',
      ).usage,
    ).toEqual({ promptTokens: 5, outputTokens: 7, cachedTokens: 4, reasoningTokens: 3 });
    expect(read('{"choices":[],"usage":{"completion_tokens":7,"reasoning_tokens":3}}').usage?.reasoningTokens).toBe(3);
    expect(read('{"choices":[],"usage":null}').usage).toBeNull();
    expect(read('{"choices":[],"usage":{"prompt_tokens":-1}}').usage).toBeNull();
  });
});

describe('server timings', () => {
  it('are measured by chatstream', () => {
    const timings = {
      queueMs: 12,
      prefillMs: 3,
      decodeMs: 9,
      promptTokens: 4,
      cachedTokens: 0,
      outputTokens: 2,
      reasoningTokens: 0,
    };
    const head = { id: 'a', created: 1, model: 'm', fingerprint: 'fp_1', serviceTier: null };
    const encoder = new CompletionEncoder('chat', head, true);
    const chunks = encoder
      .closing('stop', timings)
      .split('\n\n')
      .filter((event) => event.startsWith('data: {'));
    expect(chunks.map((event) => read(event.slice(6)))).toEqual([
      { ...plain, finishReason: 'stop' },
      {
        ...plain,
        usage: { promptTokens: 4, outputTokens: 2, cachedTokens: 0, reasoningTokens: 0 },
        serverTimings: { source: 'measured', queueMs: 12, prefillMs: 3 },
      },
    ]);
  });

  it('are measured by vLLM, if it was told to', () => {
    const metrics =
      '{"time_to_first_token_ms":85.2,"generation_time_ms":1240.5,"queue_time_ms":12.3,"mean_itl_ms":9.1,"tokens_per_second":103.2}';
    expect(read(`{${head},"choices":[],"usage":{"completion_tokens":2},"metrics":${metrics}}`).serverTimings).toEqual({
      source: 'measured',
      queueMs: 12.3,
      prefillMs: 85.2,
    });
    expect(
      read('{"choices":[],"metrics":{"queue_time_ms":null,"time_to_first_token_ms":null}}').serverTimings,
    ).toBeNull();
    expect(read('{"choices":[],"metrics":null}').serverTimings).toBeNull();
  });

  it('are derived from those of llama-server', () => {
    const timings =
      '{"cache_n":60,"prompt_n":8,"prompt_ms":43.237,"prompt_per_token_ms":5.4,"prompt_per_second":185,"predicted_n":25,"predicted_ms":238.74}';
    const json = `{"choices":[{"finish_reason":"stop","index":0,"delta":{}}],${head},"timings":${timings}}`;
    expect(read(json)).toEqual({
      ...plain,
      finishReason: 'stop',
      serverTimings: { source: 'derived', promptMs: 43.237 },
      cachedByTimings: 60,
    });
  });

  it('without a prefill are measured all the same', () => {
    expect(read('{"timings":{"queue_ms":0}}').serverTimings).toEqual({
      source: 'measured',
      queueMs: 0,
      prefillMs: null,
    });
  });
});

describe('dialects', () => {
  it.each([
    [
      'vLLM',
      `{${head},"choices":[{"index":0,"delta":{"content":"Hi","reasoning_content":null},"logprobs":null,"finish_reason":null,"token_ids":null}]}`,
    ],
    [
      'SGLang',
      `{${head},"choices":[{"index":0,"delta":{"role":null,"content":"Hi","reasoning_content":null,"tool_calls":null},"logprobs":null,"finish_reason":null,"matched_stop":null}],"usage":null}`,
    ],
    [
      'text-generation-inference',
      `{"object":"chat.completion.chunk","id":"","created":1,"model":"m","system_fingerprint":"3.0.1","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"logprobs":null,"finish_reason":null}],"usage":null}`,
    ],
    [
      'Ollama',
      `{${head},"system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}`,
    ],
    ['llama-server', `{"choices":[{"finish_reason":null,"index":0,"delta":{"content":"Hi"}}],${head}}`],
    [
      'OpenAI',
      `{${head},"service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"aB3"}`,
    ],
  ])('%s says a token', (_name, json) => {
    expect(read(json)).toEqual({ ...plain, text: 'Hi' });
  });
});

describe('errors', () => {
  it.each([
    [
      "OpenAI's",
      '{"error":{"message":"Too long.","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}}',
      { code: 'context_length_exceeded', type: 'invalid_request_error', status: null, message: 'Too long.' },
    ],
    [
      "vLLM's",
      '{"error":{"message":"Boom","type":"InternalServerError","param":null,"code":500}}',
      { code: null, type: 'InternalServerError', status: 500, message: 'Boom' },
    ],
    [
      "SGLang's",
      '{"object":"error","message":"Boom","type":"BadRequestError","code":400}',
      { code: null, type: 'BadRequestError', status: 400, message: 'Boom' },
    ],
    [
      "text-generation-inference's",
      '{"error":"Model is overloaded","error_type":"overloaded"}',
      { code: null, type: 'overloaded', status: null, message: 'Model is overloaded' },
    ],
    ['one without a message', '{"error":{"foo":1}}', { code: null, type: null, status: null, message: '{"foo":1}' }],
  ])('%s', (_name, json, error) => {
    expect(read(json)).toEqual({ ...plain, error });
  });

  it('are not the null that some servers send with every chunk', () => {
    expect(read('{"error":null,"choices":[{"delta":{"content":"Hi"}}]}')).toEqual({ ...plain, text: 'Hi' });
  });
});
