import { describe, expect, it } from 'vitest';
import { ChatstreamError } from '../../../../../src/core/base/errors.js';
import type { AnswerPart } from '../../../../../src/core/engine/dialects/answer.js';
import { CompletionEncoder } from '../../../../../src/core/server/protocol/completions/completion-encoder.js';
import type { CompletionType } from '../../../../../src/core/server/protocol/completions/completion-head.js';
import { parseStream, type StreamPart } from '../../../../support/stream-parts.js';

const timings = {
  queueMs: 1,
  prefillMs: 2.0004,
  decodeMs: 3,
  promptTokens: 5,
  cachedTokens: 4,
  outputTokens: 7,
  reasoningTokens: 0,
};

const sentTimings = {
  queue_ms: 1,
  prefill_ms: 2,
  decode_ms: 3,
  prompt_tokens: 5,
  cached_tokens: 4,
  output_tokens: 7,
};

const usage = {
  prompt_tokens: 5,
  completion_tokens: 7,
  total_tokens: 12,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 0 },
};

function encoder(type: CompletionType, includeUsage = false): CompletionEncoder {
  const head = { id: 'x-1', created: 99, model: 'm "quoted"', fingerprint: 'fp_1', serviceTier: 'flex' };
  return new CompletionEncoder(type, head, includeUsage);
}

function content(text: string): readonly AnswerPart[] {
  return [{ type: 'content', text }];
}

function choicesOf(text: string): unknown {
  const [part] = parseStream(text);
  return part?.type === 'data' ? part.data['choices'] : undefined;
}

function types(parts: readonly StreamPart[]): string[] {
  return parts.map(({ type }) => type);
}

describe('a streamed completion', () => {
  it('has the same head in every chunk', () => {
    const chat = encoder('chat', true);
    const parts = parseStream(chat.opening() + chat.parts(content('hi')) + chat.closing('stop', timings));
    const head = {
      id: 'x-1',
      object: 'chat.completion.chunk',
      created: 99,
      model: 'm "quoted"',
      system_fingerprint: 'fp_1',
      service_tier: 'flex',
    };
    expect(types(parts)).toEqual(['data', 'data', 'data', 'data', 'done']);
    for (const part of parts) if (part.type === 'data') expect(part.data).toMatchObject(head);
  });

  it('of a chat begins with a role and no text', () => {
    expect(choicesOf(encoder('chat').opening())).toEqual([
      { index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null },
    ]);
  });

  it('of a text begins with nothing', () => {
    expect(encoder('text').opening()).toBe('');
  });

  it('of a chat has its text in a delta', () => {
    expect(choicesOf(encoder('chat').parts(content('hi')))).toEqual([
      { index: 0, delta: { content: 'hi' }, logprobs: null, finish_reason: null },
    ]);
  });

  it('of a text has its text as it is', () => {
    expect(choicesOf(encoder('text').parts(content('hi')))).toEqual([
      { index: 0, text: 'hi', logprobs: null, finish_reason: null },
    ]);
  });

  it('of a text is named as OpenAI names it', () => {
    const [part] = parseStream(encoder('text').parts(content('hi')));
    expect(part).toMatchObject({ data: { object: 'text_completion' } });
  });

  it('keeps an event on one line, whatever the text is', () => {
    const text = 'a\nb\r\n"c"\\ \u2028 \u0000 😀 \ud83d';
    const encoded = encoder('chat').parts(content(text));
    expect(encoded.split('\n')).toHaveLength(3);
    expect(choicesOf(encoded)).toMatchObject([{ delta: { content: text } }]);
  });

  it('ends with the reason, the timings and the end mark', () => {
    const parts = parseStream(encoder('chat').closing('length', timings));
    expect(types(parts)).toEqual(['data', 'done']);
    expect(parts[0]).toMatchObject({
      data: { choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'length' }], timings: sentTimings },
    });
  });

  it('has the usage in a chunk of its own, with the timings because it is the last one', () => {
    const [finish, last] = parseStream(encoder('chat', true).closing('stop', timings));
    expect(finish).not.toHaveProperty('data.timings');
    expect(last).toMatchObject({ data: { choices: [], usage, timings: sentTimings } });
  });

  it('of a text ends with an empty text', () => {
    expect(choicesOf(encoder('text').closing('stop', timings))).toEqual([
      { index: 0, text: '', logprobs: null, finish_reason: 'stop' },
    ]);
  });

  it('that fails ends with the error and the end mark', () => {
    const error = new ChatstreamError('queue_timeout', 'Too late.', { hint: 'Try again.' });
    const type = 'service_unavailable_error';
    expect(encoder('chat').failure(error)).toBe(
      `data: {"error":{"message":"Too late. Try again.","type":"${type}","param":null,"code":"queue_timeout"}}\n\ndata: [DONE]\n\n`,
    );
  });
});

describe('a whole completion', () => {
  it('of a chat is one message, with the prompt, output and cached tokens', () => {
    expect(encoder('chat').whole(content('hello'), 'stop', timings)).toEqual({
      id: 'x-1',
      object: 'chat.completion',
      created: 99,
      model: 'm "quoted"',
      system_fingerprint: 'fp_1',
      service_tier: 'flex',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'hello', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage,
      timings: sentTimings,
    });
  });

  it('of a text is that text', () => {
    expect(encoder('text').whole(content('hello'), 'length', timings)).toMatchObject({
      object: 'text_completion',
      choices: [{ index: 0, text: 'hello', logprobs: null, finish_reason: 'length' }],
    });
  });
});
